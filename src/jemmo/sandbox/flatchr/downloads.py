"""Resumes, requested by key at most once a second and answered in one of four ways."""

from __future__ import annotations

import json
from urllib.parse import parse_qs

from jemmo.sandbox.files import docx, pdf
from jemmo.sandbox.flatchr.frame import FIRST_APPLICANT
from jemmo.sandbox.flatchr.switches import Switches
from jemmo.sandbox.flatchr.world import World
from jemmo.sandbox.http import Call, Reply
from jemmo.sandbox.limits import RateLimit

TEMPLATE = "/company/{id}/files/expire"
PREFIX = "/storage/"


class Downloads:
    """Serves the resumes of present applicants that were not anonymized."""

    def __init__(self, world: World, switches: Switches) -> None:
        self.limit = RateLimit(limit=1, window_ms=1000)
        self._world = world
        self._switches = switches

    def expire(self, call: Call) -> Reply:
        """Answer a request for the file of a key: bytes, a redirect, or a link in one of two shapes."""
        verdict = self.limit.take(self._switches.cv_response, self._world.clock.now_ms())
        if not verdict.allowed:
            wait = {"Retry-After": "1"} if self._switches.retry_after else {}
            return Reply(429, b"", wait, TEMPLATE)
        query = parse_qs(call.query)
        if self._switches.cv_key == "token" and "token" not in query:
            return Reply(401, b"", {}, TEMPLATE)
        key, extension = query.get("key", [""])[0], query.get("extension", [""])[0]
        content = self._content(key, extension)
        if content is None:
            return Reply(404, b"", {}, TEMPLATE)
        link = f"{call.base}{PREFIX}{key}.{extension}"
        bare = link.partition("://")[2]
        match self._switches.cv_response:
            case "redirect":
                return Reply(302, b"", {"Location": link}, TEMPLATE)
            case "json":
                headers = {"Content-Type": "application/json"}
                return Reply(200, json.dumps({"url": link}).encode(), headers, TEMPLATE)
            case "text":
                return Reply(200, bare.encode(), {"Content-Type": "text/plain"}, TEMPLATE)
        return Reply(200, content, {"Content-Type": "application/octet-stream"}, TEMPLATE)

    def fetch(self, call: Call) -> Reply:
        """Respond like the storage, which refuses requests that carry the API key."""
        template = f"{PREFIX}{{key}}"
        if "Authorization" in call.headers or "token=" in call.query:
            return Reply(400, b"", {}, template)
        key, _, extension = call.path.removeprefix(PREFIX).rpartition(".")
        content = self._content(key, extension)
        if content is None:
            return Reply(404, b"", {}, template)
        return Reply(200, content, {"Content-Type": "application/octet-stream"}, template)

    def _content(self, key: str, extension: str) -> bytes | None:
        folder = key.split("/")[-2] if key.count("/") > 1 else ""
        place = folder.rsplit("-", 1)[-1]
        row = int(place) if place.isdigit() else -1
        if not self._world.exists("applicants", row):
            return None
        cv = self._world.row("applicants", row)["cv"]
        if cv is None or cv != {"key": key, "extension": extension}:
            return None
        text = self._world.row("applicants", row).get("text")
        words = f"Curriculum vitae {FIRST_APPLICANT + row}" if text is None else text
        return docx(words) if extension == "docx" else pdf(words)
