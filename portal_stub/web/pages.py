"""The helpdesk itself: its home and a page that needs a login. It is there to be signed in to."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from portal_stub.web.guard import needs_login

blueprint = Blueprint("pages", __name__)

TICKETS = (
    ("1042", "The invoice of October shows the wrong address", "open"),
    ("1038", "Cannot print from the second floor", "waiting for you"),
    ("1021", "New laptop for a colleague", "solved"),
)


@blueprint.get("/")
def home() -> ResponseReturnValue:
    """Show the home, and who is signed in."""
    return render_template("home.html")


@blueprint.get("/support/tickets")
@needs_login
def tickets() -> ResponseReturnValue:
    """Show the visitor's tickets: a page that nobody sees without a login (P8)."""
    return render_template("tickets.html", tickets=TICKETS)
