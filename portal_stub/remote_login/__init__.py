"""Simple single sign-on: a link made by the remote login page, authenticated by a hash."""
