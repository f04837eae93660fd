"""The text of each error (what happened, and the next step) by code, as templates over the error's facts.

A key is a code, or ``code/variant`` where a code has several causes or next steps. ``{fact}`` is replaced by a fact of
the error. Text in parentheses is dropped if its fact is unknown, and an unknown ``{ats}`` becomes “the ATS”. Pages
translate the template before filling it in.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from string import Formatter
from typing import Any

from msgspec import Struct

from jemmo.domain.error_catalog.access import ACCESS
from jemmo.domain.error_catalog.accounts import ACCOUNTS, TOKENS
from jemmo.domain.error_catalog.api import API
from jemmo.domain.error_catalog.ats import ATS
from jemmo.domain.error_catalog.commands import ARGUMENTS, BACKUPS, PROCESSES
from jemmo.domain.error_catalog.data import DATA
from jemmo.domain.error_catalog.notifications import NOTIFICATIONS
from jemmo.domain.error_catalog.server import DATABASE, MACHINE
from jemmo.domain.error_catalog.storage import STORAGE
from jemmo.domain.error_catalog.syncs import PAGE_REQUESTS, SYNCS
from jemmo.domain.error_kinds import Entry, ErrorKind, Severity
from jemmo.domain.masking import without_contacts
from jemmo.domain.translation_marks import marked as _
from jemmo.domain.validation import one_line

__all__ = [
    "ERROR_CATALOG",
    "OPERATOR",
    "UNKNOWN",
    "Entry",
    "ErrorKind",
    "Severity",
    "Wording",
    "bounded",
    "codes_of_kind",
    "entry_of",
    "facts_of",
    "needs_manager",
    "worded",
]

PARTS = (
    *(ACCESS, ATS, DATA, DATABASE, MACHINE, STORAGE, SYNCS, PAGE_REQUESTS, ACCOUNTS, TOKENS),
    *(NOTIFICATIONS, ARGUMENTS, BACKUPS, PROCESSES, API),
)
ERROR_CATALOG: dict[str, Entry] = {key: entry for part in PARTS for key, entry in part.items()}
UNKNOWN = Entry(
    ErrorKind.JEMMO,
    _("This error code is unknown."),
    _("Copy this entry and send it to support. No data was lost."),
)
OPERATOR = _("Ask your Jemmo operator to run `jemmo doctor` and follow the steps it shows.")
DEFAULTS = {"ats": _("the ATS"), "key_help": ""}
"""Optional facts."""
MAX_FACT = 400  # characters in a fact
_PARENTHESIS = re.compile(r" ?\([^()]*\{[^()]*\)")
_MANAGERS = {"host_unreachable", "tls"}


class Wording(Struct, frozen=True):
    """The text of an error, with its facts filled in."""

    message: str
    next_step: str


def entry_of(code: str, variant: str = "") -> Entry:
    """Return the entry of a code. ``unknown_value:job.status`` is ``unknown_value`` with a detail."""
    name = code.partition(":")[0]
    return ERROR_CATALOG.get(f"{name}/{variant}") or ERROR_CATALOG.get(name, UNKNOWN)


def worded(
    code: str,
    facts: Mapping[str, Any] | None = None,
    variant: str = "",
    *,
    translate: Callable[[str], str] = str,
    number: Callable[[int], str] = "{:,}".format,
) -> Wording:
    """Return the text of an error with its facts filled in."""
    entry = entry_of(code, variant)
    values = {**DEFAULTS, "detail": bounded(code.partition(":")[2]), **_known(facts or {})}
    known = {
        name: translate(value) if isinstance(value, str) else value
        for name, value in _known(values).items()
    }
    return Wording(
        message=_filled(translate(entry.message), known, number),
        next_step=_filled(translate(entry.next_step), known, number),
    )


def bounded(fact: Any) -> Any:
    """Make a fact safe to store and show: an ATS may have sent control characters or contact details in it."""
    if fact is None or isinstance(fact, int):
        return fact
    text = one_line(str(fact))
    return without_contacts(text[:MAX_FACT])


def facts_of(entry: Entry) -> set[str]:
    """Return the names of the facts that an entry's templates use."""
    return _names(entry.message) | _names(entry.next_step)


def _known(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if value not in (None, "")}


def needs_manager(code: str) -> bool:
    """Whether only owners and admins can fix this: the key, the connection's options, a decision."""
    name = code.partition(":")[0]
    return entry_of(name).kind in {ErrorKind.ACCESS, ErrorKind.DECISION} or name in _MANAGERS


def codes_of_kind(kind: ErrorKind) -> list[str]:
    """Return the codes of one kind, sorted."""
    codes = (code for code, entry in ERROR_CATALOG.items() if entry.kind is kind)
    return sorted(code for code in codes if "/" not in code)


class _Filler(Formatter):
    """Fills in templates; an unknown fact becomes an empty string."""

    def __init__(self, number: Callable[[int], str]) -> None:
        self.number = number

    def get_value(self, key: int | str, args: Any, kwargs: Mapping[str, Any]) -> Any:
        return kwargs.get(str(key), "")

    def format_field(self, value: Any, format_spec: str) -> str:
        return self.number(value) if format_spec == "," and isinstance(value, int) else str(value)


def _filled(template: str, facts: Mapping[str, Any], number: Callable[[int], str]) -> str:
    def known(part: re.Match[str]) -> str:
        return part[0] if _names(part[0]) <= facts.keys() else ""

    text = _PARENTHESIS.sub(known, template)
    filled = _Filler(number).vformat(text, (), facts).strip()
    return filled[:1].upper() + filled[1:] if text.startswith("{ats}") else filled


def _names(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name}
