"""Refusals that name the refused part of a request in JSON:API error objects."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from jemmo.connectors.jsonapi.document import errors_of
from jemmo.connectors.refusals import Refused, asked_path
from jemmo.domain.validation import split_address, text
from jemmo.rest_client import Answer

UNDERSTOOD = (400, 404, 422)
"""Statuses whose bodies are read for errors."""
WORD = re.compile(r"[\w.-]+")
PARTS = {"102": "filter", "112": "include", "104": "fields", "114": "sort"}
"""The part that an error code refuses, numbered as in the library jsonapi-resources; 102 was seen on live accounts."""


class PartRefused(Refused):
    """A refusal that may name what to leave out: the ``part``, and the ``words`` of its explanation."""

    def __init__(
        self,
        *,
        status: int,
        part: str | None = None,
        words: frozenset[str] = frozenset(),
        **facts: Any,
    ) -> None:
        super().__init__(status=status, **facts)
        self.part = part
        self.words = words


def part_refused(label: str) -> Callable[[Answer], PartRefused]:
    """Return a reader for refusals of the ATS called ``label``."""

    def refusal(answer: Answer) -> PartRefused:
        errors = errors_of(answer.body) if answer.status in UNDERSTOOD else []
        details = [
            detail[:200] for each in errors if (detail := text(each.detail) or text(each.title))
        ]
        reason = details[0].rstrip(".") if details else None
        parts = (PARTS.get(str(each.code)) for each in errors)
        return PartRefused(
            ats=label,
            path=asked_for(answer),
            status=answer.status,
            reason=reason,
            part=next((part for part in parts if part), None),
            words=frozenset(word.strip(".") for each in details for word in WORD.findall(each)),
        )

    return refusal


def asked_for(answer: Answer) -> str:
    """Describe the request for support: its path and its includes."""
    pairs = parse_qsl(split_address(answer.url).query)
    asked = [name if "filter" in name else f"{name}={value}" for name, value in pairs]
    asked = [each for each in asked if not each.startswith("page[")]
    return f"{asked_path(answer)}?{'&'.join(asked)}"[:400].rstrip("?")
