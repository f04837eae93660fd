"""Canonical values in the reader's language, by kind, since one word may mean two things."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

from jemmo.domain.entities import ENTITIES
from jemmo.web.frame.labels.accounts import ACCOUNTS
from jemmo.web.frame.labels.files import FILES
from jemmo.web.frame.labels.options import OPTIONS
from jemmo.web.frame.labels.outgoing import OUTGOING
from jemmo.web.frame.labels.privacy import PRIVACY
from jemmo.web.frame.labels.records import RECORDS
from jemmo.web.frame.labels.syncs import SYNCS

_RECORDS = {
    str(stream): pgettext_lazy("record", entity.name) for stream, entity in ENTITIES.items()
}

LABEL_TEXTS: dict[str, dict[str, str | Promise]] = {
    **RECORDS,
    **FILES,
    **SYNCS,
    **ACCOUNTS,
    **PRIVACY,
    **OPTIONS,
    **OUTGOING,
    "stream": {
        str(stream): pgettext_lazy("stream", entity.plural) for stream, entity in ENTITIES.items()
    },
    "record": {
        **_RECORDS,
        **{kind: _RECORDS[f"{kind}s"] for kind in ("job", "talent", "application")},
    },
}


def label_for(value: object, kind: str) -> str:
    """A canonical value in the reader's language. Unknown values stay as they are."""
    return str(LABEL_TEXTS[kind].get(str(value), value or ""))
