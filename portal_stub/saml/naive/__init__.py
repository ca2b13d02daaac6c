"""Naive readers of SAML messages: how portals that were broken into read them. In force only by ``--naive``."""
