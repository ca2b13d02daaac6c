"""How the referee visits sites: with a real browser, or, for the work at hand, without one."""

from conformance.drivers.visitor import Form, Query, Shown, SiteFailed, Unsupported, Visitor, VisitorFactory

__all__ = ["Form", "Query", "Shown", "SiteFailed", "Unsupported", "Visitor", "VisitorFactory"]
