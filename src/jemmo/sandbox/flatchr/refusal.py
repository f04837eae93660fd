"""Error answers. Their bodies are not documented."""

import json

HTML = b"<!DOCTYPE html><html><body><h1>Error</h1></body></html>"


class Refusal(Exception):
    """An answer other than 200, raised wherever a request fails."""

    def __init__(self, status: int, message: str, **headers: str) -> None:
        super().__init__(status)
        self.status = status
        self.message = message
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}

    def body(self, shape: str) -> bytes:
        """Return the body in this shape: json, empty or html."""
        if shape == "json":
            error = {"statusCode": self.status, "error": "Error", "message": self.message}
            return json.dumps(error).encode()
        return HTML if shape == "html" else b""
