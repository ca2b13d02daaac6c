"""Journeys and settings of SAML sign-ins."""
