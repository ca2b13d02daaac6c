"""What the portal keeps: contacts, changed settings, login attempts, seen assertions, open requests and sessions.

Every function takes an open connection (``rows``), so that callers decide what belongs into one transaction. Statements
are written once, where a module begins, and so compiled once.
"""
