"""The simulator's pages: sign-in, catalogue, metadata, logout. A thin face over the protocol core."""
