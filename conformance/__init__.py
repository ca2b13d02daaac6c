"""The referee: brings a browser, puts an identity provider and a portal together, judges, and reports."""
