"""Errors as RFC 9457 problem documents, with our codes and next steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse, HttpResponseBase

CONTENT_TYPE = "application/problem+json"


class Problem(Exception):
    """Ends a request with a problem document."""

    def __init__(
        self,
        status: int,
        code: str,
        title: str,
        next_step: str,
        *,
        detail: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(title)
        self.status = status
        self.headers = headers or {}
        self.document: dict[str, Any] = {
            "type": "about:blank",
            "status": status,
            "code": code,
            "title": title,
            "detail": detail or title,
            "next_step": next_step,
        }


def answer(problem: Problem) -> HttpResponse:
    content = msgspec.json.encode(problem.document)
    return HttpResponse(
        content, status=problem.status, content_type=CONTENT_TYPE, headers=problem.headers
    )


def not_found() -> Problem:
    return Problem(
        404,
        "not_found",
        "There is no such record.",
        "Check the id. The record may have been deleted in the ATS, be excluded by a rule, or be confidential.",
    )


def bad_parameter(name: str, detail: str, next_step: str) -> Problem:
    return Problem(
        422,
        "bad_parameter",
        f"The parameter “{name}” is not valid.",
        next_step,
        detail=detail,
    )


PROGRAMS = ("/api/", "/mcp")
"""What addresses of programs begin with."""
GENERIC = {
    400: ("bad_request", "The request cannot be understood.", "See /api/v1/openapi.json."),
    404: ("not_found", "There is nothing at this address.", "See /api/v1/openapi.json."),
    405: (
        "method_not_allowed",
        "This address does not support this method.",
        "See the Allow header.",
    ),
    413: ("too_large", "The request is too large.", "Send less at once."),
    414: ("address_too_long", "The address is too long.", "Shorten its parameters."),
    429: ("too_many_requests", "Too many requests at once.", "Try again a little later."),
    500: (
        "internal",
        "Jemmo failed in a way it did not expect.",
        "Tell whoever runs Jemmo: its log has the details.",
    ),
    503: (
        "unavailable",
        "Jemmo is busy or can't reach its database.",
        "Try again in a few seconds.",
    ),
}


class OnlyProblems:
    """Whatever refuses a request of the API, the answer is a problem document."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if not request.path.startswith(PROGRAMS) or response.status_code < 400:
            return response
        if response.headers.get("Content-Type") == CONTENT_TYPE:
            return response
        code, title, next_step = GENERIC.get(response.status_code, GENERIC[400])
        kept = {name: response[name] for name in ("Allow", "Retry-After") if name in response}
        response.close()
        return answer(Problem(response.status_code, code, title, next_step, headers=kept))
