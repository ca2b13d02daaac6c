"""SAML single logout (portal-contract S14b): messages received, held against the rules, and sent."""
