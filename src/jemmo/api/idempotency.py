"""Requests with an ``Idempotency-Key``: done once, however often they are sent."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from django.http import HttpResponse
from django.utils import timezone

from jemmo.api.access import ApiRequest
from jemmo.api.problems import Problem, bad_parameter
from jemmo.services.accounts import idempotency
from jemmo.services.accounts.idempotency import Answered, KeyInUse, OtherRequest

HEADER = "Idempotency-Key"
KEY = re.compile(r"[!-~]{1,200}")
RETRY_SECONDS = 2


class Answer(NamedTuple):
    """An operation's response, to be encoded as JSON.

    ``kept`` is the response to a repeated request, if the first one contains a secret.
    """

    status: int
    content: Any
    kept: Any = None


def once(request: ApiRequest, work: Callable[[], Answer], body: Any = None) -> HttpResponse:
    """Do the work, or return the stored response of the same request with the same key. Raises ``Problem``.

    A failed request frees its key: nothing was done, so it may be sent again.
    """
    key = request.headers.get(HEADER)
    if key is None:
        return _response(_answered(work()))
    if not KEY.fullmatch(key):
        raise bad_parameter("idempotency_key", name=HEADER)
    claim = _claim(request, key, body)
    if isinstance(claim, Answered):
        response = _response(claim)
        response["Idempotency-Replayed"] = "true"
        return response
    try:
        answer = work()
        answered = _answered(answer)
    except BaseException:
        idempotency.abandon(claim)
        raise
    kept = answered if answer.kept is None else _answered(answer._replace(content=answer.kept))
    idempotency.finish(claim, kept)
    return _response(answered)


def _claim(request: ApiRequest, key: str, body: Any) -> Answered | UUID:
    same = [request.method, request.get_full_path(), body]
    try:
        return idempotency.begin(request.token, key, same, timezone.now())
    except OtherRequest as error:
        raise Problem.of(422, error) from None
    except KeyInUse as error:
        raise Problem.of(409, error, {"Retry-After": str(RETRY_SECONDS)}) from None


def _answered(answer: Answer) -> Answered:
    return Answered(status=answer.status, content=msgspec.json.encode(answer.content))


def _response(answered: Answered) -> HttpResponse:
    return HttpResponse(answered.content, status=answered.status, content_type="application/json")
