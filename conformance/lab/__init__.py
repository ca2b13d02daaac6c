"""The lab: real service providers on loopback, each a small harness in a folder of its own."""
