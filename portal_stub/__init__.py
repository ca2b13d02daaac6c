"""The portal: a small helpdesk that holds every sign-in against the rules and says all that is wrong with it."""
