"""Requests for Django that are always UTF-8, whatever they declare."""

from __future__ import annotations

import encodings
from typing import IO, Any

from django.core.handlers.asgi import ASGIRequest
from django.utils.http import parse_header_parameters

LONGEST_TYPE = 300  # characters of ``Content-Type``; browsers send less than a hundred
MOST_NAMES = 1000  # encoding names that Python remembers


class Utf8Request(ASGIRequest):
    """A request whose headers can't make parsing slow.

    Python takes seconds to find the parameters of a 60 kB header, and Django parses them in the event loop. Some of
    Python's encodings take minutes for a megabyte (punycode), and others are not for text (hex). Older Pythons take
    seconds for a cookie with thousands of backslashes (CVE-2024-7592); the supported ones don't.
    """

    def __init__(self, scope: Any, body_file: IO[bytes]) -> None:
        super().__init__(scope, body_file)
        if "HTTP_COOKIE" in self.META:
            self.META["HTTP_COOKIE"] = self.META["HTTP_COOKIE"].replace("\\", "")

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        written = meta.get("CONTENT_TYPE", "")
        has_encodings = "*" in written  # for parameters (RFC 2231)
        if len(written) > LONGEST_TYPE or has_encodings:
            meta["CONTENT_TYPE"] = written = ""
        self.content_type, self.content_params = parse_header_parameters(written)
        self.content_params.pop("charset", None)

    def parse_file_upload(self, META: Any, post_data: Any) -> Any:  # noqa: N803 - Django's name
        """Read a form with files. Limits unknown encoding names in parts, since Python never forgets them."""
        try:
            return super().parse_file_upload(META, post_data)
        finally:
            names: dict[str, Any] = encodings._cache  # noqa: SLF001 - no other way
            if len(names) > MOST_NAMES:
                names.clear()
