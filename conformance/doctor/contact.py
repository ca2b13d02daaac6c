"""Connecting to the portal as a stranger, step by step, and reading its metadata. Nothing is sent but GET."""

import socket
import ssl
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from cryptography import x509
from lxml import etree

from conformance.doctor.facts import Contact, Metadata, Reading
from conformance.drivers.trust import connect
from conformance.targets.discovery import Answer, Unreachable, ask
from idp_sim.saml.metadata import read_portal_metadata
from idp_sim.saml.names import MD, NAMESPACES
from idp_sim.saml.xml import BadXml, parse


class _NoHandshake(Exception):
    """Whoever answers does not speak TLS; the text is the machine's."""


def contact(address: str, trust: ssl.SSLContext, seconds: float) -> Contact:
    """Connect, shake hands where the address begins with https://, and ask for the page."""
    ends: datetime | None = None
    try:
        with connect(address, seconds) as plain:
            if urlsplit(address).scheme == "https":
                ends = _certificate_ends(plain, trust, urlsplit(address).hostname or "")
    except socket.gaierror as error:
        return Contact(address=address, problem="no-address", detail=error.strerror or str(error))
    except ssl.SSLCertVerificationError as error:
        return Contact(address=address, problem="untrusted", detail=error.verify_message, tls_error=error.verify_code)
    except _NoHandshake as error:
        return Contact(address=address, problem="no-tls", detail=str(error))
    except OSError as error:
        return Contact(address=address, problem="unreachable", detail=error.strerror or str(error))
    earliest = datetime.now(UTC)
    try:
        answer = ask(address, seconds, trust)
    except Unreachable as error:
        tls = urlsplit(address).scheme == "http" and _speaks_tls(address, seconds)
        return Contact(address=address, problem="tls-expected" if tls else "no-answer", detail=str(error))
    return Contact(
        address=address,
        certificate_ends=ends,
        status=answer.status,
        redirects_to=answer.leads_to,
        date=_date(answer, earliest),
    )


def metadata(address: str, trust: ssl.SSLContext, seconds: float) -> Metadata:
    """Read the metadata at this address."""
    try:
        answer = ask(address, seconds, trust)
    except Unreachable as error:
        return Metadata(address=address, problem=f"{error}.")
    if answer.status != 200:
        return Metadata(address=address, problem=f"it answered {answer.status}.")
    return read_metadata(address, answer.body)


def read_metadata(address: str, xml: bytes) -> Metadata:
    """Return what the metadata says, with everything of it that ends some day."""
    try:
        told, root = read_portal_metadata(xml), parse(xml)
        ends = [moment for text in root.xpath("//@validUntil") if (moment := _moment(text)) is not None]
        certificates = _certificates(root)
    except (BadXml, ValueError) as error:
        return Metadata(address=address, problem=str(error))
    return Metadata(
        address=address,
        entity_id=told.entity_id,
        acs_url=told.acs_url,
        valid_until=min(ends) if ends else None,
        certificates=certificates,
    )


def reading_of(issue_instant: str | None, earliest: datetime, latest: datetime) -> Reading | None:
    """Return the reading of a moment that SAML writes down; none where it cannot be read."""
    told = _moment(issue_instant or "")
    if told is None:
        return None
    width = timedelta(0) if "." in (issue_instant or "") else timedelta(seconds=1)
    return Reading(told=told, width=width, earliest=earliest, latest=latest)


def _certificate_ends(plain: socket.socket, trust: ssl.SSLContext, host: str) -> datetime | None:
    try:
        with trust.wrap_socket(plain, server_hostname=host) as site:
            ends = (site.getpeercert() or {}).get("notAfter")
    except ssl.SSLCertVerificationError:
        raise
    except OSError as error:  # One answers with another protocol, another waits for the rest of a request or hangs up.
        raise _NoHandshake(str(error)) from None
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(ends), UTC) if isinstance(ends, str) else None


def _speaks_tls(address: str, seconds: float) -> bool:
    nobody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    nobody.check_hostname, nobody.verify_mode = False, ssl.CERT_NONE
    try:
        with connect(address, seconds) as plain, nobody.wrap_socket(plain):
            return True
    except OSError:
        return False


def _date(answer: Answer, earliest: datetime) -> Reading | None:
    try:
        told = parsedate_to_datetime(answer.headers.get("Date", ""))
    except ValueError:
        return None
    return Reading(told=told if told.tzinfo else told.replace(tzinfo=UTC), earliest=earliest, latest=datetime.now(UTC))


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _certificates(root: etree._Element) -> dict[str, datetime]:
    """Return when the portal's certificates end, by the use of their key: of several, the first to end."""
    ends: dict[str, datetime] = {}
    for key in root.iterfind(f"{{{MD}}}SPSSODescriptor/{{{MD}}}KeyDescriptor"):
        for found in key.iterfind("ds:KeyInfo/ds:X509Data/ds:X509Certificate", NAMESPACES):
            pem = f"-----BEGIN CERTIFICATE-----\n{(found.text or '').strip()}\n-----END CERTIFICATE-----\n"
            end = x509.load_pem_x509_certificate(pem.encode()).not_valid_after_utc
            use = key.get("use", "any use")
            ends[use] = min(end, ends.get(use, end))
    return ends
