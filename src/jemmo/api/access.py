"""Who may call an operation, and how often."""

from __future__ import annotations

import inspect
import math
import threading
import time
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.views.decorators.http import conditional_page

from jemmo.api.problems import Problem, bad_parameter
from jemmo.domain.tokens import ApiScope
from jemmo.services.accounts import tokens
from jemmo.store.db import scope
from jemmo.store.models import ApiToken

P = ParamSpec("P")
WINDOW = 60  # seconds


class ApiRequest(HttpRequest):
    """A request with a valid token."""

    token: ApiToken


View = Callable[Concatenate[Any, P], HttpResponseBase]


def require_scopes(
    *rights: ApiScope, writes: bool = False, of_organization: bool = False
) -> Callable[[View[P]], View[P]]:
    """Run an operation in the scope of the request's token, if the token has all these rights.

    Operations that write have their own, lower limit. Raises ``Problem``, also for parameters that the view does not
    have: a misspelled filter must not return everything.
    """

    def guard(view: View[P]) -> View[P]:
        known = _parameters(view)

        @wraps(view)
        def guarded(request: Any, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            token = getattr(request, "token", None) or authenticate(request)
            left = take_turn(token, writes=writes)
            for right in rights:
                if right not in token.scopes:
                    raise scope_missing(right)
            if of_organization and token.connection_id is not None:
                raise Problem(403, "token_bound")
            for name in request.GET:
                if name not in known:
                    choices = ", ".join(known) or "–"
                    raise bad_parameter("unknown", name=name, choices=choices)
            with scope.acting_in(tokens.scope_of(token)):
                response = conditional_page(view)(request, *args, **kwargs)
            add_never_cache_headers(response)
            for name, value in left.items():
                response[name] = value
            return response

        return cast("View[P]", guarded)

    return guard


def authenticate(request: Any) -> ApiToken:
    """Set the request's ``token`` before anything else in the request is checked. Raises ``Problem``."""
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    token = tokens.recognize(secret.strip(), timezone.now()) if kind.lower() == "bearer" else None
    if token is None:
        raise Problem(
            401,
            "token_refused",
            headers={"WWW-Authenticate": 'Bearer realm="Jemmo"'},
        )
    request.token = token
    return token


def scope_missing(right: ApiScope) -> Problem:
    return Problem(403, "scope_missing", scope=right)


def _parameters(view: Callable[..., Any]) -> tuple[str, ...]:
    """The query parameters that a view reads. Path parameters do no harm."""
    parameters = list(inspect.signature(view).parameters.values())[1:]
    return tuple(_alias(each) or each.name for each in parameters)


def _alias(parameter: inspect.Parameter) -> str | None:
    declared = getattr(parameter.annotation, "__metadata__", ())
    return next((each.alias for each in declared if getattr(each, "alias", None)), None)


def take_turn(token: ApiToken, *, writes: bool) -> dict[str, str]:
    """Count a token's request and return the headers with the remaining limit. Raises ``Problem``."""
    left = LIMITER.take(str(token.pk))
    return WRITE_LIMITER.take(str(token.pk)) if writes else left


class Limiter:
    """Counts each token's requests in windows of a minute. Each web process counts its own.

    ``setting`` names the setting with the limit.
    """

    def __init__(
        self, name: str, setting: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._name, self._setting = name, setting
        self._clock = clock
        self._lock = threading.Lock()
        self._window = 0
        self._counts: dict[str, int] = {}

    def take(self, key: str) -> dict[str, str]:
        """Count a request and return the headers with the remaining limit. Raises ``Problem`` when nothing is left."""
        now = self._clock()
        window, most = int(now // WINDOW), getattr(settings, self._setting)
        ends = math.ceil((window + 1) * WINDOW - now)
        with self._lock:
            if window != self._window:
                self._window, self._counts = window, {}
            self._counts[key] = count = self._counts.get(key, 0) + 1
        headers = {
            "RateLimit-Policy": f'"{self._name}";q={most};w={WINDOW}',
            "RateLimit": f'"{self._name}";r={max(0, most - count)};t={ends}',
        }
        if count > most:
            raise Problem(
                429,
                "too_many_requests",
                variant=self._name,
                seconds=ends,
                headers={**headers, "Retry-After": str(ends)},
            )
        return headers


LIMITER = Limiter("token", "API_REQUESTS_PER_MINUTE")
WRITE_LIMITER = Limiter("writes", "API_WRITES_PER_MINUTE")
