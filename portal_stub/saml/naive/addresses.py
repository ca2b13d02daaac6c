"""When an address or an entity ID is the expected one: the comparisons that take another one for ours.

They are for Issuer, Destination, Recipient and Audience alike. SAML compares all four letter for letter
(saml-core 8.3.6): each part of an address that a portal overlooks is a way for a message that was meant for another.
"""

from urllib.parse import SplitResult, urlsplit

from portal_stub.weakness import naive

_ADDRESSED = frozenset(
    {
        "saml.assertion.issuer",
        "saml.response.destination",
        "saml.confirmation.recipient",
        "saml.conditions.audience",
        "saml.logout.issuer",
        "saml.logout.destination",
        "saml.subject.qualifier",
    }
)


def _parts(url: str) -> SplitResult:
    """Return the parts of an address; what is none has no parts."""
    try:
        return urlsplit(url)
    except ValueError:
        return SplitResult("", "", url, "", "")


@naive("address", loosens=_ADDRESSED)
def compares_path_only(expected: str, got: str) -> bool:
    """Compares the path of addresses only, because the host behind a proxy is another than the one outside."""
    return _parts(got).path == _parts(expected).path


@naive("address", loosens=_ADDRESSED)
def compares_host_only(expected: str, got: str) -> bool:
    """Compares the host and the port of addresses only."""
    return _parts(got).netloc == _parts(expected).netloc


@naive("address", loosens=_ADDRESSED)
def ignores_port(expected: str, got: str) -> bool:
    """Compares addresses without their port."""
    ours, theirs = _parts(expected), _parts(got)
    without = [parts._replace(netloc=(parts.hostname or "")) for parts in (ours, theirs)]
    return without[0] == without[1]


@naive("address", loosens=_ADDRESSED)
def ignores_scheme(expected: str, got: str) -> bool:
    """Compares what stands after :// in addresses, because TLS ends at a proxy."""
    return expected.partition("://")[2] == got.partition("://")[2]


@naive("address", loosens=_ADDRESSED)
def ignores_case(expected: str, got: str) -> bool:
    """Compares addresses without regard to upper and lower case."""
    return got.lower() == expected.lower()


@naive("address", loosens=_ADDRESSED)
def ignores_trailing_slash(expected: str, got: str) -> bool:
    """Compares addresses without regard to a slash at their end."""
    return got.rstrip("/") == expected.rstrip("/")


@naive("address", loosens=_ADDRESSED)
def ignores_query(expected: str, got: str) -> bool:
    """Compares addresses up to the question mark."""
    return got.partition("?")[0] == expected.partition("?")[0]


@naive("address", loosens=_ADDRESSED)
def compares_beginning(expected: str, got: str) -> bool:
    """Takes every address that begins with the expected one."""
    return got.startswith(expected)


@naive("address", loosens=_ADDRESSED)
def finds_ours_inside(expected: str, got: str) -> bool:
    """Looks for the expected address somewhere in the one that came."""
    return expected in got


@naive("address", loosens=_ADDRESSED)
def finds_theirs_inside(expected: str, got: str) -> bool:
    """Looks for the address that came somewhere in the expected one. A blank one is in every other."""
    return got in expected
