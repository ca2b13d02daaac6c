"""What the portal keeps: contacts, changed settings, login attempts, seen assertions, open requests and sessions.

Every function takes an open ORM session, so that callers decide what belongs into one transaction.
"""
