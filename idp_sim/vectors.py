"""The catalogue as data: every sign-in that can be minted, with the portal that it is for, in JSON by topic.

The keys are kept beside the vectors and are for tests only. Equal keys give equal vectors, but for the values of
algorithms that are random: those of ECDSA, DSA, RSA-PSS and of encryption.
"""

import base64
import gzip
import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import attrs

from idp_sim import enrolment
from idp_sim.catalogue import Scenario
from idp_sim.config import Portal, RemoteLoginPortal
from idp_sim.keyring import Keyring
from idp_sim.login import named_by
from idp_sim.logout import Logout, LogoutForm
from idp_sim.mint import CannotMint, Case, Minted, Order, cases_of, mint
from idp_sim.people import Person, directory
from idp_sim.stages import Form
from rulebook.strict_toml import FileProblem

NOW = datetime(2026, 3, 14, 15, 9, 26, tzinfo=UTC)
PORTAL, SIMULATOR = "http://portal.localhost:5002", "http://idp.localhost:5001"
REQUEST = "_the-open-request"
SECRET = "0123456789abcdef0123456789abcdef"  # noqa: S105 - of a portal that stands in the vectors alone
PORTAL_KEY = "portal-encryption.pem"
"""The portal's key and certificate for encryption, among the simulator's keys."""

_LONGEST = 32 * 1024
"""Characters of a value that stands as it is; a longer one is compressed."""

_RANDOM = re.compile(r"#ecdsa-|-MGF1|#dsa-|CipherValue")
"""What tells of an algorithm with random values."""

_VALUE = re.compile(r"(<(?:\w+:)?(SignatureValue|DigestValue|CipherValue)\b[^>]*>)[^<]*")


@attrs.frozen
class Vectors:
    """The keys of one set of vectors: the simulator's, and the portal's own for encryption (PEM)."""

    keyring: Keyring
    portal_key: str

    @classmethod
    def open(cls, keys: Path) -> "Vectors":
        """Read the keys of a folder; what is missing of the simulator's is made. Raises FileProblem."""
        try:
            return cls(Keyring.open(keys), (keys / PORTAL_KEY).read_text("ascii"))
        except (OSError, UnicodeError) as error:
            raise FileProblem(
                f"{keys / PORTAL_KEY}: expected the portal's key and certificate in PEM ({error})."
            ) from None

    def files(self, scenarios: Iterable[Scenario]) -> dict[str, str]:
        """Return the text of every file by its name: ``index.json``, and one file for each topic."""
        topics: dict[str, list[dict[str, Any]]] = {}
        left_out = {}
        for case in cases_of(scenarios):
            try:
                vector = self.vector(case)
            except CannotMint as error:
                left_out[case.id] = str(error)
                continue
            topics.setdefault(case.scenario.topic, []).append(vector)
        index = {
            "schema": 1,
            "now": _written(NOW),
            "settings": self._settings({}),
            "topics": {topic: len(vectors) for topic, vectors in sorted(topics.items())},
            "vectors": sum(map(len, topics.values())),
            "left_out": left_out,
        }
        written = {f"{topic}.json": _as_text({"topic": topic, "vectors": found}) for topic, found in topics.items()}
        return {"index.json": _as_text(index), **written}

    def vector(self, case: Case) -> dict[str, Any]:
        """Return one case as data (``fixtures/schemas/vectors.schema.json``). Raises CannotMint."""
        scenario = case.scenario
        method = "simple" if scenario.protocol == "remote-login" else "saml"
        settings = self._settings({**scenario.given, "sso.method": method})
        order = Order(
            portal=self._portal(settings, scenario), person=directory()[0], at=NOW, seed="vectors",
            in_response_to=REQUEST,
        )  # fmt: skip
        minted = mint(case, order, self.keyring)
        sound = self._settings({})
        return {
            "id": case.id,
            "title": scenario.title,
            "rules": [rule.id for rule in scenario.breaks],
            "clause": scenario.breaks[0].clause if scenario.breaks else None,
            "cves": list(scenario.cves),
            "outcome": case.outcome,
            "base": case.base,
            "settings": {name: value for name, value in settings.items() if sound.get(name) != value},
            "unset": sorted(sound.keys() - settings.keys()),
            "open_request": REQUEST if scenario.start == "portal" else None,
            "message": _message(minted),
            **_people(minted),
        }

    def _settings(self, given: Mapping[str, Any]) -> dict[str, Any]:
        entered = enrolment.settings(given, PORTAL, SIMULATOR, SECRET, self.keyring)
        return {**entered, "saml.encryption_key": self.portal_key}

    def _portal(self, settings: Mapping[str, Any], scenario: Scenario) -> Portal:
        """Return what the simulator knows of a portal with these settings."""
        known = Portal("portal", PORTAL)
        taking = RemoteLoginPortal(secret=SECRET)
        return attrs.evolve(
            known,
            slo_url=f"{PORTAL}/login/saml/logout",
            signing_key=enrolment.signing_key_of(scenario.given),
            allowed_drift_seconds=settings.get("saml.allowed_drift_seconds", known.allowed_drift_seconds),
            encryption_certificate=self.portal_key if scenario.encrypted else None,
            remote_login=attrs.evolve(
                taking,
                profile=settings.get("simple.profile", taking.profile),
                max_age_seconds=settings.get("simple.max_age_seconds", taking.max_age_seconds),
                max_future_seconds=settings.get("simple.max_future_seconds", taking.max_future_seconds),
            ),
        )


def write(files: Mapping[str, str], folder: Path) -> None:
    """Write the files into the folder, and take away the topics that are no more. Raises FileProblem."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for stale in {path.name for path in folder.glob("*.json")} - files.keys():
            (folder / stale).unlink()
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise FileProblem(f"{error.filename or folder}: cannot be written ({error.strerror}).") from None


def differences(files: Mapping[str, str], folder: Path) -> list[str]:
    """Return how the folder differs from these files, a sentence each. Random values may differ."""
    kept = {path.name for path in folder.glob("*.json")}
    said = [f"{folder / name}: is missing." for name in sorted(files.keys() - kept)]
    said += [f"{folder / name}: is of no topic of the catalogue." for name in sorted(kept - files.keys())]
    for name in sorted(files.keys() & kept):
        try:
            text = (folder / name).read_text(encoding="utf-8")
            said += [] if text == files[name] else _differing(folder / name, json.loads(text), json.loads(files[name]))
        except (OSError, ValueError, AttributeError, LookupError, TypeError) as error:
            said.append(f"{folder / name}: cannot be read ({error}).")
    return said


def _differing(path: Path, kept: Mapping[str, Any], made: Mapping[str, Any]) -> list[str]:
    if "vectors" not in made or isinstance(made["vectors"], int):
        return [f"{path}: '{key}' differs." for key in made.keys() | kept.keys() if made.get(key) != kept.get(key)]
    stored = {vector["id"]: vector for vector in kept["vectors"]}
    fresh = {vector["id"]: vector for vector in made["vectors"]}
    said = [f"{path}: {case_id} is missing." for case_id in fresh.keys() - stored.keys()]
    said += [f"{path}: {case_id} is not in the catalogue." for case_id in stored.keys() - fresh.keys()]
    for case_id in sorted(stored.keys() & fresh.keys()):
        old, new = comparable(stored[case_id]), comparable(fresh[case_id])
        keys = [key for key in new.keys() | old.keys() if old.get(key) != new.get(key)]
        said += [f"{path}: {case_id}: '{key}' is not what the catalogue makes of it." for key in sorted(keys)]
    return said


def comparable(vector: Mapping[str, Any]) -> dict[str, Any]:
    """Return a vector with its values as sent, and where an algorithm is random, without what that decides."""
    message = dict(vector["message"])
    if "fields" in message:
        message["fields"] = [(field["name"], _steady(value_of(field))) for field in message["fields"]]
    return {**vector, "message": message}


def value_of(field: Mapping[str, str]) -> str:
    """Return the value of a field of a vector, as it is sent. Raises ValueError for what cannot be unpacked."""
    if "value" in field:
        return field["value"]
    try:
        return gzip.decompress(base64.b64decode(field["gzip"], validate=True)).decode()
    except (EOFError, OSError, KeyError) as error:
        raise ValueError(f"the field '{field.get('name')}' cannot be unpacked ({error})") from None


def _steady(value: str) -> str:
    """Return the XML of a message without its random values, or the value as it is where nothing is random."""
    try:
        xml = base64.b64decode(value, validate=True).decode()
    except ValueError:
        return value
    return _VALUE.sub(r"\1*", xml) if _RANDOM.search(xml) else value


def _message(minted: Minted) -> dict[str, Any]:
    message = minted.message
    if not isinstance(message, Form | LogoutForm):
        return {"method": "get", "url": message.url}
    fields = [_field(name, value) for name, value in message.fields]
    return {"method": message.method, "url": message.action, "fields": fields}


def _field(name: str, value: str) -> dict[str, str]:
    if len(value) <= _LONGEST:
        return {"name": name, "value": value}
    return {"name": name, "gzip": base64.b64encode(gzip.compress(value.encode(), mtime=0)).decode()}


def _people(minted: Minted) -> dict[str, Any]:
    """Return who is genuine and who is forged, each as the portal would show them, and whose session a logout ends."""
    plan = minted.plan
    genuine, session = (plan.person.email, plan.person.name), None
    if isinstance(plan, Logout):
        session = {"email": plan.person.email, "indexes": list(plan.session_indexes)}
    elif minted.case.outcome in ("must-accept", "advisory"):
        genuine = named_by(plan)
    forged: Person = plan.forged
    return {
        "session": session,
        "genuine": {"email": genuine[0], "name": genuine[1]},
        "forged": {"email": forged.email, "name": forged.name},
    }


def _written(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _as_text(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"
