"""The simulator: a SAML identity provider and a remote-login site that perform sign-ins, sound and broken."""
