"""Logins in what a browser captured: HAR files and exports of SAML-tracer. Bytes go in, values come out."""
