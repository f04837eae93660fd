"""A person's preferences."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from jemmo.web.frame.access import member
from jemmo.web.frame.context import THEMES
from jemmo.web.frame.links import back
from jemmo.web.frame.screenshots import SCREENSHOT

YEAR = 31_536_000


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    chosen = request.POST.get("theme", "system")
    response = redirect(back(request, request.POST.get("next")))
    if chosen in THEMES:
        response.set_cookie(
            "theme", chosen, max_age=YEAR, samesite="Lax", secure=request.is_secure(), httponly=True
        )
    return response


@require_POST
@login_required
def screenshot(request: HttpRequest) -> HttpResponse:
    """Turn screenshot mode on or off for this sign-in, then return to the page."""
    request.session[SCREENSHOT] = request.POST.get("screenshot") == "on"
    # Without the query, since a search may name a person.
    return redirect(back(request, request.POST.get("next"), query=False))


@require_POST
@member
def organisation(request: HttpRequest) -> HttpResponse:
    """Switch to another of the person's organizations."""
    chosen = request.POST.get("organisation", "")
    memberships = request.memberships  # type: ignore[attr-defined]
    if chosen not in {str(membership.org_id) for membership in memberships}:
        raise Http404
    request.session["organisation"] = chosen
    return redirect("jobs")
