"""The checks of a SAML Response, one a rule, by topic. They are run in the order of these modules."""

from portal_stub.saml.checks import message, structure, envelope, signature, conditions, confirmation, subject  # noqa: I001 (order)
from portal_stub.saml.checks.registry import CHECKS

__all__ = ["CHECKS", "conditions", "confirmation", "envelope", "message", "signature", "structure", "subject"]
