"""Requests and replies as a provider sees them, independent of the web framework."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


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


class Provider(Protocol):
    """A simulated ATS, as the server and the control API see it."""

    label: str
    file_prefix: str
    world: Any

    def answer(self, call: Call) -> Reply:
        """Answer one API request."""

    def download(self, call: Call) -> Reply:
        """Answer one file download."""

    def announce_to(self, url: str | None) -> None:
        """Set where webhooks are sent; None for nowhere."""

    async def change(self, order: dict[str, Any]) -> dict[str, Any]:
        """Apply one order; return the record's id and the webhooks sent."""

    def truth(self, kind: str, base: str) -> AsyncIterator[bytes]:
        """Stream all present records of a type, one JSON object per line."""

    def switch(self, values: dict[str, Any]) -> dict[str, Any]:
        """Set switches and return all of them."""

    def facts(self) -> dict[str, Any]:
        """Describe the simulated company: size, seed, types."""
