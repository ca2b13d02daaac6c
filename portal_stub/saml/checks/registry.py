"""Where the checks of a SAML Response are collected."""

from portal_stub.checks import Checks
from portal_stub.saml.received import Received

CHECKS: Checks[Received] = Checks()
