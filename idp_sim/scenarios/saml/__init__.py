"""Scenarios of SAML sign-ins, by topic."""
