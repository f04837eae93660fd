"""Error responses in the API's format."""

import json
from typing import Any

from jemmo.sandbox import http


class Refusal(http.Refusal):
    """An error response."""

    body: bytes


def errors(title: str, detail: str, status: Any, code: str | None = None) -> bytes:
    """Return an error body; `status` is a number in some errors and a text in others."""
    error: dict[str, Any] = {"title": title, "detail": detail}
    if code is not None:
        error["code"] = code
    error["status"] = status
    return json.dumps({"errors": [error]}).encode()


def bad_request(title: str, detail: str, code: str) -> Refusal:
    """Return a 400 with one of the library's codes."""
    return Refusal(400, errors(title, detail, "400", code))


def not_found(what: str) -> Refusal:
    """Return the 404 for an unknown id, path or feature."""
    detail = f"The record identified by {what} could not be found."
    return Refusal(404, errors("Record not found", detail, "404", "404"))
