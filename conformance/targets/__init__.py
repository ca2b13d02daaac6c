"""The portals under test, and how a browser drives and reads them."""
