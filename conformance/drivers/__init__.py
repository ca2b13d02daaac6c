"""How the referee visits sites: with a real browser, or, for the work at hand, without one."""

from conformance.drivers.visitor import Form, NotOnPage, Query, Shown, SiteFailed, Unsupported, Visitor, VisitorFactory

__all__ = ["Form", "NotOnPage", "Query", "Shown", "SiteFailed", "Unsupported", "Visitor", "VisitorFactory"]
