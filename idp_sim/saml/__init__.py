"""SAML: requests read, responses built and signed, metadata."""
