"""Who may open a page."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from jemmo.store.models import Membership, Role

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


class MemberRequest(HttpRequest):
    """A request of somebody who belongs to an organisation."""

    membership: Membership


def member(view: Callable[Concatenate[Any, P], HttpResponse]) -> View[P]:
    """Only for members; who is signed in without belonging anywhere is told what to do."""

    @wraps(view)
    def checked(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if getattr(request, "membership", None) is None:
            return redirect("no_organisation")
        return view(request, *args, **kwargs)

    return cast("View[P]", login_required(checked))


def sees_contacts(request: MemberRequest) -> bool:
    return Role(request.membership.role).sees_contacts
