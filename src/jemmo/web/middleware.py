"""What every request passes: a strict content policy, and whose data it may see."""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from jemmo.store.models import Organisation
from jemmo.store.selectors import members

Next = Callable[[HttpRequest], HttpResponseBase]

POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)


class ContentSecurityPolicy:
    """Only what the application itself serves may run or be shown: no inline script or style."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        response.headers.setdefault(
            "Permissions-Policy", "camera=(), microphone=(), geolocation=()"
        )
        return response


class CurrentOrganisation:
    """Sets ``request.membership`` and ``request.organisation`` for who is signed in, or ``None``.

    Times are shown in the organisation's time zone.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        found = members.memberships(request.user.pk) if request.user.is_authenticated else []
        membership = members.current(found, request.session.get("organisation")) if found else None
        org = membership.org if membership else None
        request.memberships = found  # type: ignore[attr-defined]
        request.membership = membership  # type: ignore[attr-defined]
        request.organisation = org  # type: ignore[attr-defined]
        with timezone.override(_zone(org)):
            return self.get_response(request)


def _zone(org: Organisation | None) -> ZoneInfo | None:
    try:
        return ZoneInfo(org.time_zone) if org else None
    except (KeyError, ValueError, OSError):  # a name that this machine does not know
        return None
