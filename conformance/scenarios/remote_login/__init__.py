"""Journeys and settings of remote logins."""
