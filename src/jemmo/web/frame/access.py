"""Access to pages, and whether a request is for a part of one."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.cache import add_never_cache_headers, patch_vary_headers
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from jemmo.store.models import Membership, Organisation, Role
from jemmo.store.records.redaction import Unseal
from jemmo.vault import default_vault
from jemmo.web.frame.links import back

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


class NotForRole(Http404):
    """A page for owners and admins. Other members see a list of them."""


class NotForViewer(PermissionDenied):
    """An action for recruiters, admins and owners, but not viewers."""


class MemberRequest(HttpRequest):
    """A request by a member of an organization."""

    membership: Membership
    organisation: Organisation
    htmx: HtmxDetails


def member(view: Callable[Concatenate[Any, P], HttpResponseBase]) -> View[P]:
    """Allow only members. A person without an organization gets a page with the next step.

    The browser keeps none of the response after it is closed or the person has signed out.
    """

    @wraps(view)
    def checked(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if getattr(request, "membership", None) is not None:
            response = view(request, *args, **kwargs)
            add_never_cache_headers(response)
            patch_vary_headers(response, ("HX-Request",))  # a list and its results share a URL
            return response
        if request.user.is_authenticated:
            return redirect("no_organisation")
        htmx: HtmxDetails = request.htmx  # type: ignore[attr-defined]
        if htmx:  # the whole page must sign in again, not the requested part
            page = back(request, request.headers.get("HX-Current-URL"))
            return HttpResponseClientRedirect(redirect_to_login(page).url)
        return redirect_to_login(request.get_full_path())

    return cast("View[P]", checked)


def manager(view: Callable[Concatenate[Any, P], HttpResponseBase]) -> View[P]:
    """Allow only owners and admins. For any other member there is no such page."""

    @wraps(view)
    def checked(request: Any, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not manages(request):
            raise NotForRole
        return view(request, *args, **kwargs)

    return member(cast("View[P]", checked))


def recruiter_to_change(view: Callable[Concatenate[Any, P], HttpResponseBase]) -> View[P]:
    """Let members view the page, but only recruiters and above post."""

    @wraps(view)
    def checked(request: Any, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if request.method == "POST" and not Role(request.membership.role).syncs:
            raise NotForViewer
        return view(request, *args, **kwargs)

    return member(cast("View[P]", checked))


def manages(request: MemberRequest) -> bool:
    return Role(request.membership.role).manages


def exports(request: MemberRequest) -> bool:
    return Role(request.membership.role).exports


def sees_contacts(request: MemberRequest) -> bool:
    return Role(request.membership.role).sees_contacts


def unseal_for(request: MemberRequest) -> Unseal | None:
    """Return a function that decrypts contact details, for readers who may see them."""
    return default_vault().open if sees_contacts(request) else None


def wants_results(request: MemberRequest) -> bool:
    """Whether only the list is requested. Going back in the browser requests the whole page."""
    htmx = request.htmx
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request
