"""The scenarios that the simulator performs by itself; journeys and portal settings stand in ``conformance``."""
