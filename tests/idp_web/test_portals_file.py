import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from idp_sim.config import Portal, RemoteLoginPortal
from idp_sim.portals_file import METADATA_BYTES, load_portals
from portal_stub.config import SamlSettings, Settings
from portal_stub.keys import Keys
from portal_stub.saml.metadata import metadata
from rulebook.strict_toml import FileProblem

EXAMPLE = Path(__file__).parents[2] / "fixtures" / "portals.toml"
METADATA = """<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="urn:the:helpdesk">
<md:SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
<md:SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://desk.example/slo"/>
<md:AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
  Location="https://desk.example:8443/login/saml" index="0"/>
</md:SPSSODescriptor></md:EntityDescriptor>"""


def from_metadata(metadata: str) -> Portal:
    return Portal(
        name="desk",
        base_url="https://desk.example:8443",
        entity_id="urn:the:helpdesk",
        acs_url="https://desk.example:8443/login/saml",
        slo_redirect_url="https://desk.example/slo",
        metadata=metadata,
    )


def load(folder: Path, text: str) -> tuple[Portal, ...]:
    file = folder / "portals.toml"
    file.write_text(text, "utf-8")
    return load_portals(file)


def problem(folder: Path, text: str) -> str:
    with pytest.raises(FileProblem) as caught:
        load(folder, text)
    assert "portals.toml" in str(caught.value)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def entry(name: str = "a", base_url: str = "http://a.example", more: str = "") -> str:
    return f'[[portal]]\nname = "{name}"\nbase_url = "{base_url}"\n{more}\n'


def test_the_example_is_the_portal_at_its_usual_place() -> None:
    assert load_portals(EXAMPLE) == (
        Portal(
            name="portal",
            base_url="http://portal.localhost:5002",
            remote_login=RemoteLoginPortal(secret="0123456789abcdef0123456789abcdef"),
        ),
    )


def test_everything_may_be_given(tmp_path: Path) -> None:
    more = """entity_id = "urn:a"
acs_url = "https://a.example/acs"
slo_url = "https://a.example/slo"
encryption_certificate = "PEM"
[portal.remote_login]
secret = "s"
host_urls = ["b.example", "c.example:8080"]
profile = "md5"
"""
    assert load(tmp_path, entry(more=more)) == (
        Portal(
            name="a",
            base_url="http://a.example",
            entity_id="urn:a",
            acs_url="https://a.example/acs",
            slo_url="https://a.example/slo",
            encryption_certificate="PEM",
            remote_login=RemoteLoginPortal(secret="s", host_urls=("b.example", "c.example:8080"), profile="md5"),
        ),
    )


def test_a_slash_at_the_end_of_the_base_url_is_taken_off(tmp_path: Path) -> None:
    (portal,) = load(tmp_path, entry(base_url="http://a.example/"))
    assert (portal.base_url, portal.entity_id, portal.acs_url) == (
        "http://a.example",
        "http://a.example",
        "http://a.example/login/saml",
    )


def test_a_secret_is_read_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = entry(more='[portal.remote_login]\nsecret = "env:A_SECRET"')
    monkeypatch.delenv("A_SECRET", raising=False)
    assert "A_SECRET, which is not set" in problem(tmp_path, text)
    monkeypatch.setenv("A_SECRET", "from there")
    (portal,) = load(tmp_path, text)
    assert portal.remote_login == RemoteLoginPortal(secret="from there")
    assert "from there" not in repr(portal)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no portal is given"),
        ("[[portal", "not valid TOML"),
        ("[[portals]]\nname = 'a'", "unknown key 'portals'. Did you mean 'portal'?"),
        (entry(more='entityid = "x"'), "unknown key 'portal.0.entityid'. Did you mean 'entity_id'?"),
        ("[[portal]]\nbase_url = 'http://a.example'", "'portal.0.name' is missing"),
        ("[[portal]]\nname = 'a'", "'base_url' is missing"),
        ("[[portal]]\nname = ' '\nbase_url = 'http://a.example'", "empty 'name'"),
        (entry(base_url="a.example"), "begins with http:// or https://, got 'a.example'"),
        (entry(base_url="javascript:alert(1)"), "begins with http:// or https://"),
        (entry(base_url="http://a.example:99999"), "begins with http:// or https://"),
        (entry(base_url="http://[a"), "begins with http:// or https://"),
        (entry(base_url="http://a b.example"), "begins with http:// or https://"),
        (entry(more='acs_url = "//a.example/acs"'), "'acs_url' must be an address"),
        (entry(more='slo_url = ""'), "'slo_url' must be an address"),
        (entry(more='entity_id = ""'), "'entity_id' must be a name"),
        (entry(more='entity_id = "a\\u0001"'), "'entity_id' must be a name"),
        (entry() + entry(base_url="http://b.example"), "two portals have the name 'a'"),
        (entry() + entry(name="b"), "two portals have the entity ID 'http://a.example'"),
        (entry(more='[portal.remote_login]\nsecret = ""'), "'remote_login.secret' is empty"),
        (entry(more="[portal.remote_login]"), "'portal.0.remote_login.secret' is missing"),
        (
            entry(more='[portal.remote_login]\nsecret = "s"\nprofile = "hmac"'),
            "expected one of md5, hmac-md5, hmac-md5-salted, got 'hmac'. Did you mean 'hmac-md5'?",
        ),
        (
            entry(more='[portal.remote_login]\nsecret = "s"\nhost_urls = ["x.example"]')
            + entry("b", "http://b.example", '[portal.remote_login]\nsecret = "s"\nhost_urls = ["x.example"]'),
            "two portals have the host_url 'x.example'",
        ),
        (entry(more='metadata = "not-there.xml"'), "not-there.xml cannot be read (No such file or directory)"),
    ],
)
def test_a_slip_is_told_plainly(tmp_path: Path, text: str, words: str) -> None:
    assert words in problem(tmp_path, text)


def test_a_missing_file_is_told_plainly(tmp_path: Path) -> None:
    with pytest.raises(FileProblem, match="No such file"):
        load_portals(tmp_path / "portals.toml")


def test_metadata_in_a_file_beside_the_portals_tells_the_rest(tmp_path: Path) -> None:
    (tmp_path / "desk.xml").write_text(METADATA, "utf-8")
    (portal,) = load(tmp_path, '[[portal]]\nname = "desk"\nmetadata = "desk.xml"')
    assert portal == from_metadata("desk.xml")


def test_what_the_file_itself_says_wins_over_the_metadata(tmp_path: Path) -> None:
    (tmp_path / "desk.xml").write_text(METADATA, "utf-8")
    (portal,) = load(tmp_path, entry("desk", more='metadata = "desk.xml"\nentity_id = "urn:mine"'))
    assert (portal.base_url, portal.entity_id, portal.acs_url) == (
        "http://a.example",
        "urn:mine",
        "https://desk.example:8443/login/saml",
    )


@pytest.mark.parametrize("xml", ["", "<a/>", "<!DOCTYPE a><a/>", METADATA.replace("HTTP-POST", "HTTP-Artifact")])
def test_metadata_that_cannot_be_used_is_told_plainly(tmp_path: Path, xml: str) -> None:
    (tmp_path / "desk.xml").write_text(xml, "utf-8")
    assert "metadata at desk.xml cannot be used" in problem(
        tmp_path, '[[portal]]\nname = "desk"\nmetadata = "desk.xml"'
    )


class _Helpdesk(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = METADATA.encode() if self.path == "/metadata" else b"x" * (METADATA_BYTES + 2)
        named = self.headers["Host"].startswith("desk.localhost:")
        known = self.path in ("/metadata", "/large") and named
        self.send_response(200 if known else 404)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def helpdesk() -> Iterator[str]:
    """A portal's web server on the loopback interface, that answers to one name."""
    with HTTPServer(("127.0.0.1", 0), _Helpdesk) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://desk.localhost:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_metadata_is_read_from_its_address(tmp_path: Path, helpdesk: str) -> None:
    address = f"{helpdesk}/metadata"
    (portal,) = load(tmp_path, f'[[portal]]\nname = "desk"\nmetadata = "{address}"')
    assert portal == from_metadata(address)


@pytest.mark.parametrize(
    ("path", "words"), [("/nothing", "cannot be read (Not Found)"), ("/large", "larger than 1048576 bytes")]
)
def test_an_address_without_metadata_is_told_plainly(tmp_path: Path, helpdesk: str, path: str, words: str) -> None:
    assert words in problem(tmp_path, f'[[portal]]\nname = "desk"\nmetadata = "{helpdesk}{path}"')


def test_an_address_that_does_not_answer_is_told_plainly(tmp_path: Path, helpdesk: str) -> None:
    nobody = helpdesk.rpartition(":")[0] + ":1"
    said = problem(tmp_path, f'[[portal]]\nname = "desk"\nmetadata = "{nobody}/metadata"')
    assert "cannot be read" in said
    assert "Start the portal first" in said


@pytest.mark.parametrize("address", ["http://desk.localhost:x/", "http:///", "https://[/", "file:///etc/hostname"])
def test_an_address_that_is_none_is_told_plainly(tmp_path: Path, address: str) -> None:
    assert "cannot be" in problem(tmp_path, f'[[portal]]\nname = "desk"\nmetadata = "{address}"')


def test_how_a_portal_signs_is_taken_from_its_metadata(tmp_path: Path) -> None:
    keys = Keys()
    settings = Settings(base_url="http://a.example", saml=SamlSettings(sign_requests=True))
    (tmp_path / "portal.xml").write_bytes(metadata(settings, keys.signing.certificate))
    (portal,) = load(tmp_path, '[[portal]]\nname = "a"\nmetadata = "portal.xml"\nsigning_key = "ec"\n')
    assert portal.request_certificates == (keys.signing.certificate,)
    assert portal.requests_signed
    assert portal.signing_key == "ec"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ('signing_key = "sining"', "'signing_key' must be one of .* Did you mean 'signing'"),
        ('request_certificate = "nonsense"', "'request_certificate' must be a certificate in PEM"),
        ("requests_signed = true", "no certificate to verify with"),
    ],
)
def test_keys_that_cannot_be_used_are_told(tmp_path: Path, more: str, said: str) -> None:
    assert re.search(said, problem(tmp_path, entry(more=more)))
