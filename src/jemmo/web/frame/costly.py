"""Pages about all records of an organization, of which it gets one at a time (``jemmo.services.base.costly``)."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.http import HttpResponseBase

from jemmo.services.base.costly import Crowded
from jemmo.web.frame import errors
from jemmo.web.frame.access import View

P = ParamSpec("P")


def reads_everything(view: Callable[Concatenate[Any, P], HttpResponseBase]) -> View[P]:
    """Respond with 503 while the organization's last such page is still being made."""

    @wraps(view)
    def answered(request: Any, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except Crowded:
            return errors.unavailable(request)

    return cast("View[P]", answered)
