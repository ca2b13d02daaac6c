"""The checks of what lies below a sign-in: the connection, TLS, metadata, certificates, clocks."""

from datetime import datetime
from urllib.parse import urlsplit

from conformance.doctor.facts import Contact, Facts, Metadata, Wanted
from conformance.doctor.findings import Finding, failed, not_checked, ok, warning

REACHABLE, TLS, METADATA, CERTIFICATE, CLOCK = "reachable", "TLS", "metadata", "certificate", "clock"

MOST_OFFSET = 8
"""Most seconds by which the clocks may differ: the suite's sign-ins keep ten away from each limit of time."""
SOON = 30
"""With fewer days left, a certificate is worth a warning."""


def reachable(contact: Contact) -> Finding:
    """Does anybody answer at the portal's address, and without an error of its own?"""
    at = urlsplit(contact.address)
    match contact.problem:
        case "no-address":
            cause = f"The name {at.hostname} has no address ({contact.detail})."
            return failed(REACHABLE, "no-such-host", cause, "Correct 'base_url' in the profile, or the name server.")
        case "unreachable":
            cause = f"Nobody answers at {at.netloc} ({contact.detail})."
            mend = "Start the portal, or correct host and port of 'base_url' in the profile."
            return failed(REACHABLE, "unreachable", cause, mend)
        case "tls-expected":
            cause = f"{at.netloc} speaks TLS, and the profile's address begins with http://."
            return failed(REACHABLE, "tls-expected", cause, f'In the profile: base_url = "https://{at.netloc}"')
        case "no-answer":
            cause = f"{contact.address} gave no answer that a browser could read ({contact.detail})."
            mend = "Correct 'base_url' in the profile: another service may be listening there. See the portal's log."
            return failed(REACHABLE, "no-answer", cause, mend)
        case "no-tls" | "untrusted":
            return ok(REACHABLE, f"{at.netloc} answers")
    status = contact.status or 0
    if status >= 500:
        cause = f"{contact.address} answered {status}: the portal failed by itself."
        return failed(REACHABLE, "portal-fails", cause, "See the portal's own log; restart it once that is mended.")
    there = urlsplit(contact.redirects_to)
    if there.hostname == at.hostname and there.scheme != at.scheme:
        cause = f"The portal sends everybody from {at.scheme}://{at.netloc} to {there.scheme}://{there.netloc}."
        mend = f'In the profile: base_url = "{there.scheme}://{there.netloc}"'
        return failed(REACHABLE, "other-address", cause, mend)
    return ok(REACHABLE, f"{contact.address} answered {status}")


def tls(contact: Contact, now: datetime) -> Finding:
    """Does the browser trust the connection, and for how long?"""
    at = urlsplit(contact.address)
    if at.scheme != "https":
        return not_checked(TLS, "the portal's address begins with http://")
    match contact.problem:
        case "no-tls":
            cause = (
                f"{at.netloc} does not speak TLS, and the profile's address begins with https:// ({contact.detail})."
            )
            mend = f'Switch TLS on at the portal\'s web server, or in the profile: base_url = "http://{at.netloc}"'
            return failed(TLS, "no-tls", cause, mend)
        case "untrusted":
            return _untrusted(contact, at.hostname or "")
        case "no-address" | "unreachable" | "tls-expected":
            return not_checked(TLS, "the portal was not reached")
    if contact.certificate_ends is None:
        return ok(TLS, "trusted")
    days = (contact.certificate_ends - now).days
    said = f"trusted; the certificate of {at.hostname} has {_days(days)} left"
    return warning(TLS, said) if days < SOON else ok(TLS, said)


def _untrusted(contact: Contact, host: str) -> Finding:
    # The numbers are OpenSSL's X509_V_ERR_... (x509_vfy.h).
    trust = "Or name a file with it in the profile, as 'ca_file', so that the suite trusts it."
    match contact.tls_error:
        case 18:
            cause = f"The certificate of {host} is signed by itself: no browser trusts it."
            mend = f"Install one of a certificate authority at the portal's web server. {trust}"
            return failed(TLS, "self-signed", cause, mend)
        case 10:
            cause = f"The certificate of {host} has expired."
            return failed(TLS, "tls-expired", cause, "Renew it at the portal's web server.")
        case 9:
            cause = f"The certificate of {host} is not valid yet."
            return failed(TLS, "tls-not-yet-valid", cause, "Compare both clocks, or install the right certificate.")
        case 62:
            cause = f"The certificate is not one for {host} ({contact.detail})."
            mend = "Install the certificate of that name, or correct the host in 'base_url' of the profile."
            return failed(TLS, "tls-other-host", cause, mend)
        case 2 | 19 | 20 | 21:
            cause = f"The certificate of {host} comes from an authority that this machine does not know."
            mend = "Name a file with the authority's certificate in the profile, as 'ca_file'; or let the portal's web "
            mend += "server send the certificates in between."
            return failed(TLS, "unknown-authority", cause, mend)
    cause = f"The certificate of {host} is not trusted ({contact.detail})."
    return failed(TLS, "tls-untrusted", cause, f"Install another at the portal's web server. {trust}")


def metadata(found: Metadata, wanted: Wanted, now: datetime) -> Finding:
    """Does the portal's metadata tell what the profile tells, and is it still in force (saml-metadata 2.3.2)?"""
    if not found.address:
        return not_checked(METADATA, "no address of it is known; tell it as 'metadata' in the profile")
    if found.problem:
        cause = f"The metadata at {found.address} cannot be used: {found.problem}"
        return failed(
            METADATA, "metadata-unusable", cause, "Correct 'metadata' in the profile, or the portal's export."
        )
    if found.valid_until is not None and found.valid_until <= now:
        cause = f'The metadata at {found.address} has expired: validUntil="{_told(found.valid_until)}".'
        mend = "Let the portal publish it anew: nobody who keeps the rules may use it any more."
        return failed(METADATA, "metadata-expired", cause, mend)
    if found.entity_id != wanted.entity_id:
        return wrong_entity_id(METADATA, found.entity_id, "Its metadata", wanted)
    if found.acs_url != wanted.acs_url:
        return wrong_acs_url(METADATA, found.acs_url, "Its metadata", wanted)
    until = f"valid until {_told(found.valid_until)}" if found.valid_until else "without an end"
    return ok(METADATA, f"{found.address}, {until}")


def wrong_entity_id(check: str, named: str, source: str, wanted: Wanted) -> Finding:
    """Return the finding that the portal has another entity ID than the simulator was told."""
    cause = f"{source} names the entity ID '{named}'; the profile says '{wanted.entity_id}'."
    mend = f'In the profile: entity_id = "{named}". If that is not what it should be, change it at the portal.'
    return failed(check, "wrong-entity-id", cause, mend)


def wrong_acs_url(check: str, named: str, source: str, wanted: Wanted) -> Finding:
    """Return the finding that the portal takes responses at another address than the simulator was told."""
    cause = f"{source} asks for the response at {named}; the profile says {wanted.acs_url}."
    mend = f'In the profile: acs_url = "{named}". If that is not what it should be, change it at the portal.'
    return failed(check, "wrong-acs-url", cause, mend)


def certificate(found: Metadata, now: datetime) -> Finding:
    """How long are the certificates of the metadata good? They are warned of: SAML trusts the key, not the dates."""
    if not found.address or found.problem:
        return not_checked(CERTIFICATE, "there is no metadata that could be read")
    if not found.certificates:
        return ok(CERTIFICATE, "the metadata has none: the portal neither signs nor decrypts")
    left = {use: (ends - now).days for use, ends in found.certificates.items()}
    said = "; ".join(f"{use}: {_days(days)} left" if days >= 0 else f"{use}: expired" for use, days in left.items())
    return (
        warning(CERTIFICATE, f"{said}. Renew it at the portal.") if min(left.values()) < SOON else ok(CERTIFICATE, said)
    )


def clock(facts: Facts) -> Finding:
    """Do both clocks agree, so that the verdicts on sign-ins at a limit of time hold?"""
    if not facts.readings:
        return not_checked(CLOCK, "the portal told no time: it sent neither a Date header nor an AuthnRequest")
    source, reading = facts.readings[0]
    offset = reading.offset
    way = "ahead of" if offset > 0 else "behind"
    if abs(offset) > MOST_OFFSET:
        cause = f"The portal's clock is {abs(offset):g} s {way} this machine's, by {source}: {_told(reading.told)}."
        mend = (
            "Let both machines set their clocks by NTP (timedatectl set-ntp true). With another clock, the verdicts on "
            "sign-ins that come too early or too late would be wrong."
        )
        return failed(CLOCK, "clock-off", cause, mend)
    return ok(CLOCK, f"{abs(offset):g} s {way} this machine's, by {source}" if offset else f"agrees, by {source}")


def _days(days: int) -> str:
    return f"{days} day" if days == 1 else f"{days} days"


def _told(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
