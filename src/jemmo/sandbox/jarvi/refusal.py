"""Error responses: one message, as seen on failed writes."""

import json

from jemmo.sandbox import http


class Refusal(http.Refusal):
    """An error response."""

    def __init__(self, status: int, message: str, **headers: str) -> None:
        super().__init__(status, json.dumps({"message": message}).encode(), **headers)
