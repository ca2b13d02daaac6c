"""The other direction: an identity provider, or a remote login page, held to its own rules by our portal."""
