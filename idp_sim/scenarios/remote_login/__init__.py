"""Scenarios of remote logins, by topic."""
