"""The algorithms of a signature: an HMAC made with what everybody knows, MD5, none."""

import base64
import hmac
from collections.abc import Callable

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from idp_sim.catalogue import breaks
from idp_sim.keyring import Entry, Keyring
from idp_sim.login import BASES, SamlLogin
from idp_sim.saml.names import RSA_SHA256
from idp_sim.saml.raw_signature import RawSignature, Reference, certificates
from idp_sim.scenarios.saml.forging import naming_the_forged

RULE = "saml.signature.algorithm"

HMAC_SHA1 = "http://www.w3.org/2000/09/xmldsig#hmac-sha1"
HMAC_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"
MD5 = "http://www.w3.org/2001/04/xmldsig-more#md5"
RSA_MD5 = "http://www.w3.org/2001/04/xmldsig-more#rsa-md5"
OF_XMLSEC = "http://www.aleksey.com/xmlsec/2002"


def method(algorithm: str, content: str = "") -> str:
    """Return a ``ds:SignatureMethod`` as XML text."""
    return f'<ds:SignatureMethod Algorithm="{algorithm}">{content}</ds:SignatureMethod>'


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.PEM)


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


def _public_key(certificate: x509.Certificate, encoding: Encoding) -> bytes:
    return certificate.public_key().public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo)


KEY_TEXTS: dict[str, Callable[[x509.Certificate], bytes]] = {
    "certificate-pem": _pem,
    "certificate-pem-trimmed": lambda certificate: _pem(certificate).strip(),
    "certificate-lines": lambda certificate: b"\n".join(_pem(certificate).splitlines()[1:-1]),
    "certificate-base64": lambda certificate: base64.b64encode(_der(certificate)),
    "certificate-der": _der,
    "key-pem": lambda certificate: _public_key(certificate, Encoding.PEM),
    "key-pem-trimmed": lambda certificate: _public_key(certificate, Encoding.PEM).strip(),
    "key-base64": lambda certificate: base64.b64encode(_public_key(certificate, Encoding.DER)),
    "key-der": lambda certificate: _public_key(certificate, Encoding.DER),
}
"""The texts that a portal may hold where an HMAC wants its secret. Each of them is public."""


def _with_hmac(login: SamlLogin, text: Callable[[x509.Certificate], bytes], algorithm: str, digest: str) -> SamlLogin:
    signature = RawSignature(
        method=method(algorithm),
        value=lambda entry, octets: hmac.digest(text(entry.certificate), octets, digest),
    )
    return naming_the_forged(login).but(raw_signature=signature)


@breaks(RULE, bases=BASES, variants=KEY_TEXTS, cves=("GHSA-c27r-x354-4m68",))
def hmac_sha256(login: SamlLogin, text: Callable[[x509.Certificate], bytes]) -> SamlLogin:
    """A forged message with an HMAC-SHA256 in place of a signature; its secret is the trusted certificate: {variant}.

    A portal that hands the certificate's text to whatever algorithm the message names takes it for the secret.
    """
    return _with_hmac(login, text, HMAC_SHA256, "sha256")


@breaks(RULE, variants=KEY_TEXTS, cves=("GHSA-c27r-x354-4m68",))
def hmac_sha1(login: SamlLogin, text: Callable[[x509.Certificate], bytes]) -> SamlLogin:
    """A forged message with an HMAC-SHA1 in place of a signature; its secret is the trusted certificate: {variant}."""
    return _with_hmac(login, text, HMAC_SHA1, "sha1")


@breaks(RULE, bases=BASES, variants={"0": 0, "1": 1, "8": 8}, cves=("CVE-2009-0217",))
def hmac_truncated(login: SamlLogin, bits: int) -> SamlLogin:
    """A forged message with an HMAC of which the message wants so few bits compared that guessing is enough: {variant}.

    The first bits are right for the text of the trusted certificate, and anyone finds them in a few attempts.
    """

    def value(entry: Entry, octets: bytes) -> bytes:
        return hmac.digest(_pem(entry.certificate), octets, "sha256")[: (bits + 7) // 8]

    length = f"<ds:HMACOutputLength>{bits}</ds:HMACOutputLength>"
    return naming_the_forged(login).but(raw_signature=RawSignature(method=method(HMAC_SHA256, length), value=value))


PLACES = {place: place for place in ("alone", "before-certificate", "after-certificate")}
CARRIED_SECRET = b"the secret that the message carries"


@breaks(RULE, bases=BASES, variants=PLACES, cves=("CVE-2021-21239",))
def hmac_key_carried(login: SamlLogin, place: str) -> SamlLogin:
    """A forged message with an HMAC whose secret stands in KeyInfo, with the trusted certificate or not: {variant}."""
    secret = base64.b64encode(CARRIED_SECRET).decode()
    key = f'<ds:KeyValue><HMACKeyValue xmlns="{OF_XMLSEC}">{secret}</HMACKeyValue></ds:KeyValue>'

    def key_info(keyring: Keyring) -> str:
        trusted = certificates(keyring, login.signing_key)
        return {"alone": key, "before-certificate": key + trusted, "after-certificate": trusted + key}[place]

    signature = RawSignature(
        method=method(HMAC_SHA256),
        value=lambda _, octets: hmac.digest(CARRIED_SECRET, octets, "sha256"),
        key_info=key_info,
    )
    return naming_the_forged(login).but(raw_signature=signature)


def _by_md5(entry: Entry, octets: bytes) -> bytes:
    if not isinstance(entry.key, rsa.RSAPrivateKey):
        raise TypeError("rsa-md5 signs with RSA keys")
    return entry.key.sign(octets, padding.PKCS1v15(), hashes.MD5())  # noqa: S303 - the deviation


WITH_MD5 = {
    "signature": RawSignature(method=method(RSA_MD5), value=_by_md5),
    "digest": RawSignature(references=(Reference(digest_method=MD5),)),
    "both": RawSignature(method=method(RSA_MD5), value=_by_md5, references=(Reference(digest_method=MD5),)),
}


@breaks(RULE, bases=BASES, variants=WITH_MD5)
def md5(login: SamlLogin, signature: RawSignature) -> SamlLogin:
    """Signature or digest use MD5, for which two messages with one digest are made in seconds: {variant}."""
    return login.but(raw_signature=signature)


NO_METHOD = {"unknown": method("urn:example:unknown"), "none": method("none"), "empty": method(""), "missing": ""}


@breaks(RULE, bases=BASES, variants=NO_METHOD)
def no_method(login: SamlLogin, signature_method: str) -> SamlLogin:
    """SignatureMethod names no algorithm that there is: {variant}. The value is one of rsa-sha256."""
    return login.but(raw_signature=RawSignature(method=signature_method))


@breaks(RULE, bases=BASES, variants={"none": method("none"), "rsa": method(RSA_SHA256.replace("sha256", "none"))})
def no_method_no_value(login: SamlLogin, signature_method: str) -> SamlLogin:
    """A forged message says that its signature needs no algorithm, and has an empty value: {variant}."""
    signature = RawSignature(method=signature_method, value=lambda *_: b"")
    return naming_the_forged(login).but(raw_signature=signature)
