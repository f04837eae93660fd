"""Errors as RFC 9457 problem documents, with our codes and next steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from jemmo.domain.errors import JemmoError

CONTENT_TYPE = "application/problem+json"


class Problem(Exception):
    """Ends a request with a problem document."""

    def __init__(
        self,
        status: int,
        code: str,
        *,
        variant: str = "",
        headers: dict[str, str] | None = None,
        error: JemmoError | None = None,
        **facts: Any,
    ) -> None:
        error = error or JemmoError(code, variant=variant, **facts)
        super().__init__(error.message)
        self.status = status
        self.headers = headers or {}
        self.document: dict[str, Any] = {
            "type": "about:blank",
            "status": status,
            "code": error.code,
            "title": error.message,
            "detail": error.message,
            "next_step": error.next_step,
        }

    @classmethod
    def of(cls, status: int, error: JemmoError, headers: dict[str, str] | None = None) -> Problem:
        """The problem document for one of our errors."""
        return cls(status, error.code, headers=headers, error=error)


def answer(problem: Problem) -> HttpResponse:
    content = msgspec.json.encode(problem.document)
    return HttpResponse(
        content, status=problem.status, content_type=CONTENT_TYPE, headers=problem.headers
    )


def not_found() -> Problem:
    return Problem(404, "not_found", variant="record")


def bad_parameter(variant: str = "", **facts: Any) -> Problem:
    return Problem(422, "bad_parameter", variant=variant, **facts)


ASSISTANTS = "/mcp"
PROGRAMS = ("/api/", ASSISTANTS)
"""The URL prefixes for programs."""
GENERIC = {
    400: ("bad_request", ""),
    404: ("not_found", "address"),
    405: ("method_not_allowed", ""),
    413: ("too_large", "request"),
    414: ("address_too_long", ""),
    429: ("too_many_requests", ""),
    500: ("internal", ""),
    503: ("unavailable", "api"),
}


class OnlyProblems:
    """Turns every refusal of an API request into a problem document."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if not request.path.startswith(PROGRAMS) or response.status_code < 400:
            return response
        if response.headers.get("Content-Type") == CONTENT_TYPE or _is_rpc_error(request, response):
            return response
        code, variant = GENERIC.get(response.status_code, GENERIC[400])
        kept = {name: response[name] for name in ("Allow", "Retry-After") if name in response}
        response.close()
        return answer(Problem(response.status_code, code, variant=variant, headers=kept))


def _is_rpc_error(request: HttpRequest, response: HttpResponseBase) -> bool:
    """Whether it is an error of JSON-RPC, which clients of the Model Context Protocol expect."""
    return request.path == ASSISTANTS and response.headers.get("Content-Type") == "application/json"
