"""Showing any message of single sign-on readably. Nothing is verified here, and nothing is believed."""
