"""Error responses, whose bodies are undocumented."""

import json

from jemmo.sandbox import http

HTML = b"<!DOCTYPE html><html><body><h1>Error</h1></body></html>"


class Refusal(http.Refusal):
    """An error response."""

    def __init__(self, status: int, message: str, **headers: str) -> None:
        super().__init__(status, message, **headers)

    def render(self, shape: str) -> bytes:
        """Return the body in this shape: json, empty or html."""
        if shape == "json":
            error = {"statusCode": self.status, "error": "Error", "message": self.body}
            return json.dumps(error).encode()
        return HTML if shape == "html" else b""
