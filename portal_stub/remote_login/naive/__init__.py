"""Naive readers of remote logins: how portals that were fooled read a link. In force only by ``--naive``."""
