"""Requests and replies as a provider sees them, independent of the web framework."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Call:
    """One request: the path and query are as received, still percent-encoded. Only a POST has a body."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    base: str
    body: bytes = b""


@dataclass(slots=True)
class Reply:
    """One response. `template` is the path without its ids, for counting."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    template: str = ""


class Refusal(Exception):
    """An error response, raised wherever a request fails."""

    def __init__(self, status: int, body: Any, **headers: str) -> None:
        super().__init__(status)
        self.status = status
        self.body = body
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}
