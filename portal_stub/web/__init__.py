"""The portal's pages: a thin face over the protocol core and the accounts."""
