"""A site whose login is djangosaml2's, with the hooks that its documentation leaves to the site."""

import re
from datetime import UTC, datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import include, path
from djangosaml2.backends import Saml2Backend
from djangosaml2.views import AssertionConsumerServiceView

ADDRESS = re.compile(r"[^@\s;,]+@[^@\s;,]+")
# As pysaml2 gives them: it translates the names that its attribute maps know.
NAMES = (
    ("FirstName", "givenname", "User.FirstName", "username", "givenName"),
    ("LastName", "surname", "User.LastName"),
)


class Backend(Saml2Backend):
    """Who may sign in: a person with an address, by an assertion that was not used before."""

    def is_authorized(
        self,
        attributes: dict[str, list[str]],
        attribute_mapping: dict[str, Any],
        idp_entityid: str,
        assertion_info: dict[str, str],
        **kwargs: Any,
    ) -> bool:
        """Remember the assertion until it ends, and tell whether it was unknown; without a bearer it is not told of."""
        if not assertion_info:
            return True
        end = assertion_info["not_on_or_after"]
        left = (datetime.fromisoformat(end) - datetime.now(UTC)).total_seconds() + 60 if end else None
        return bool(cache.add(assertion_info["assertion_id"], "used", left))

    def clean_user_main_attribute(self, main_attribute: str | None) -> str | None:
        """Return the NameID if it is an address."""
        address = (main_attribute or "").strip()
        return address if ADDRESS.fullmatch(address) else None


class Consumer(AssertionConsumerServiceView):
    """The assertion consumer service, which says why it refuses and keeps the person's name."""

    def handle_acs_failure(
        self, request: HttpRequest, exception: Exception | None = None, status: int = 403, **kwargs: Any
    ) -> HttpResponse:
        """Show the library's exception, but for the document that some of them quote in full."""
        return refuse(request, f"{type(exception).__name__}: {exception}".partition(", 'xml document': ")[0], status)

    def customize_session(self, user: Any, session_info: dict[str, Any]) -> None:
        """Keep the name as this login gives it."""
        given = session_info["ava"]
        first = (next((given[name][0] for name in names if given.get(name)), "") for names in NAMES)
        self.request.session["name"] = " ".join(filter(None, first))


def home(request: HttpRequest) -> HttpResponse:
    """Show who is signed in."""
    return render(request, "home.html", {"user": request.user, "name": request.session.get("name")})


def refuse(request: HttpRequest, why: str, status: int) -> HttpResponse:
    """Say why a message is not followed."""
    return render(request, "refused.html", {"why": why}, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Refuse what Django does not read, such as a form that is too large."""
    return refuse(request, f"{type(exception).__name__}: {exception}", 400)


handler400 = bad_request
urlpatterns = [
    path("", home),
    path("members", login_required(home)),
    path("signed-out", lambda request: render(request, "signed-out.html")),
    path("saml2/acs/", Consumer.as_view(), name="saml2_acs"),
    path("saml2/", include("djangosaml2.urls")),
]
