"""The checks of a SAML Response, one a rule, by topic. They are run in the order of these modules."""

from portal_stub.saml.checks import message, structure, envelope, encryption, signature  # noqa: I001 (order)
from portal_stub.saml.checks import conditions, confirmation, authentication, subject, attributes
from portal_stub.saml.checks.registry import CHECKS

__all__ = [
    "CHECKS",
    "attributes",
    "authentication",
    "conditions",
    "confirmation",
    "encryption",
    "envelope",
    "message",
    "signature",
    "structure",
    "subject",
]
