"""SAML single sign-on: the portal as service provider (portal-contract S)."""
