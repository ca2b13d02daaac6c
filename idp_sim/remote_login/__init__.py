"""Remote login: the hash formulas and the link back to the portal."""
