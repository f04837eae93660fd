"""Middleware for every request: a strict content policy, and the scope of its data."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from jemmo import tracing
from jemmo.domain.typed_values import zone_or_none
from jemmo.services.base import costly
from jemmo.store.accounts import members
from jemmo.store.db import scope
from jemmo.store.db.scope import Reach, Scope
from jemmo.store.models import Account, Membership, Role
from jemmo.web.frame import day_zones, errors, limits
from jemmo.web.frame.headers import HEADERS
from jemmo.web.frame.signed_in import memberships_of

Next = Callable[[HttpRequest], HttpResponseBase]


class Middleware:
    """The base of our middleware: a subclass is called with each request."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response


class Traced(Middleware):
    """A span for each request, named by its route: a URL may contain IDs, searches or an invitation's secret."""

    def __init__(self, get_response: Next) -> None:
        if not tracing.is_on():
            raise MiddlewareNotUsed
        super().__init__(get_response)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        method = tracing.known_method(request.method or "")
        with tracing.span(method, "server", method=method) as span:
            response = self.get_response(request)
            span.note(status=response.status_code)
            if request.resolver_match is not None:
                route = f"/{request.resolver_match.route}"
                span.note(route=route)
                span.rename(f"{method} {route}")
            return response


class ContentSecurityPolicy(Middleware):
    """Allows only the application's own scripts and styles, and none inline.

    It wraps everything that responds, including static files.
    """

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return secured(self.get_response(request))


def secured(response: HttpResponseBase) -> HttpResponseBase:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


LONGEST_ADDRESS = 4200
"""Characters of the longest URL in a page's links: a search of 200 letters, escaped twice for the sign-in page."""


class SizeLimit(Middleware):
    """Rejects truncated bodies (``jemmo.web.frame.limits``) and URLs longer than any search makes.

    A list repeats its URL in every link, so a long one would multiply the size of the page.
    """

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if getattr(request, "scope", {}).get(limits.TOO_LARGE):
            return errors.too_large(request)
        if len(request.path) + len(request.GET.urlencode()) > LONGEST_ADDRESS:
            return errors.too_long(request)
        return self.get_response(request)


class Crowding(Middleware):
    """Responds with 503 if a view can't start because too much other work of its kind is still running."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(
        self, request: HttpRequest, exception: Exception
    ) -> HttpResponseBase | None:
        is_crowded = isinstance(exception, costly.Crowded | limits.Crowded)
        return errors.unavailable(request) if is_crowded else None


class SessionEnd(Middleware):
    """Signs people out after a time without activity, and some days after they signed in.

    A page's automatic requests don't count as activity.
    """

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.user.is_authenticated and self._is_over(request, time.time()):
            logout(request)
        return self.get_response(request)

    def _is_over(self, request: HttpRequest, now: float) -> bool:
        session = request.session
        began, seen = session.get(BEGAN), session.get(SEEN)
        if began is None or seen is None:
            session[BEGAN] = session[SEEN] = now
            return False
        if max(began, seen) > now + CLOCK_TOLERANCE:
            began = session[BEGAN] = min(began, now)
            seen = session[SEEN] = now
        idle = settings.SESSION_IDLE_SECONDS
        if now - began > settings.SESSION_COOKIE_AGE or (idle and now - seen > idle):
            return True
        if now - seen > SEEN_EVERY and not _is_automatic(request):
            session[SEEN] = now
        return False


BEGAN, SEEN = "began", "seen"
CLOCK_TOLERANCE = 300.0
"""Seconds by which a time may be in the future. Beyond, the clock was ahead, and the session would last longer."""
# Seconds between two updates of a person's last activity, each of which writes a row
SEEN_EVERY = 60.0
UNASKED = "Jemmo-Unasked"
"""The header of an open page's automatic requests (``live.js``)."""
PARTS = ("image/", "text/event-stream")
"""The Accept headers of a page's pictures and event stream, which carry no header of ours."""


def _is_automatic(request: HttpRequest) -> bool:
    return UNASKED in request.headers or request.headers.get("Accept", "").startswith(PARTS)


class SignInScope(Middleware):
    """Limits the database to what signing in needs until the account is known."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with scope.acting_in(scope.SIGN_IN):
            return self.get_response(request)


WIDER = {
    "/accounts/": Reach.SIGN_IN,
    "/invitations/": Reach.SIGN_IN,
    "/start/": Reach.SIGN_IN,
    "/admin/": Reach.SUPPORT,
}
"""Pages that need more than an organization's rows, by URL prefix."""


def scope_of(request: HttpRequest, membership: Membership | None) -> Scope:
    """The database scope of this request."""
    reach = next(
        (wider for start, wider in WIDER.items() if request.path.startswith(start)), Reach.NONE
    )
    if reach is Reach.SUPPORT and not _is_trusted_staff(request.user):
        reach = Reach.SIGN_IN  # the admin pages have their own sign-in
    if membership is None:
        return Scope(account=request.user.pk, reach=reach or Reach.SIGN_IN)
    return Scope(
        org=membership.org_id,
        account=membership.account_id,
        contacts=Role(membership.role).sees_contacts,
        confidential=membership.sees_confidential,
        notes=membership.sees_notes,
        reach=reach,
    )


def _is_trusted_staff(person: Account | AnonymousUser) -> bool:
    return isinstance(person, Account) and person.is_staff and person.is_verified


class CurrentOrganisation(Middleware):
    """Sets ``request.membership`` and ``request.organisation`` of the signed-in person, or ``None``.

    Times are shown in the organization's time zone, and the database shows only that organization's rows.
    """

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        memberships = memberships_of(request)
        membership = (
            members.current(memberships, request.session.get("organisation"))
            if memberships
            else None
        )
        org = membership.org if membership else None
        request.memberships = memberships  # type: ignore[attr-defined]
        request.membership = membership  # type: ignore[attr-defined]
        request.organisation = org  # type: ignore[attr-defined]
        acting = scope.acting_in(scope_of(request, membership))
        zone = zone_or_none(org.time_zone) if org else None
        with timezone.override(zone), day_zones.showing(org), acting:
            return self.get_response(request)
