"""What every request passes: a strict content policy, and whose data it may see."""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from jemmo.store import scope
from jemmo.store.models import Membership, Organisation, Role
from jemmo.store.scope import Reach, Scope
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


class OnTheWayIn:
    """Until it is known who asks, the database shows what signing in needs and nothing else."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with scope.under(scope.SIGN_IN):
            return self.get_response(request)


WIDER = {
    "/accounts/": Reach.SIGN_IN,
    "/invitations/": Reach.SIGN_IN,
    "/start/": Reach.SIGN_IN,
    "/admin/": Reach.SUPPORT,
}
"""Pages that need more than an organisation's rows, by the beginning of their address."""


def scope_of(request: HttpRequest, membership: Membership | None) -> Scope:
    """What the database shows this request."""
    reach = next(
        (found for start, found in WIDER.items() if request.path.startswith(start)), Reach.NONE
    )
    if reach is Reach.SUPPORT and not getattr(request.user, "is_staff", False):
        reach = Reach.SIGN_IN  # the admin pages' own way in
    if membership is None:
        return Scope(account=request.user.pk, reach=reach or Reach.SIGN_IN)
    return Scope(
        org=membership.org_id,
        account=membership.account_id,
        contacts=Role(membership.role).sees_contacts,
        reach=reach,
    )


class CurrentOrganisation:
    """Sets ``request.membership`` and ``request.organisation`` for who is signed in, or ``None``.

    Times are shown in the organisation's time zone, and the database shows that organisation's rows alone.
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
        with timezone.override(_zone(org)), scope.under(scope_of(request, membership)):
            return self.get_response(request)


def _zone(org: Organisation | None) -> ZoneInfo | None:
    try:
        return ZoneInfo(org.time_zone) if org else None
    except (KeyError, ValueError, OSError):  # a name that this machine does not know
        return None
