"""Error answers: one message, as seen on failed writes."""

import json


class Refusal(Exception):
    """An answer other than 200, raised wherever a request fails."""

    def __init__(self, status: int, message: str, **headers: str) -> None:
        super().__init__(status)
        self.status = status
        self.body = json.dumps({"message": message}).encode()
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}
