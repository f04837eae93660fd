"""Masks contact details in free text for readers who may not see them: see ``jemmo.domain.masking``.

Texts are redacted when they are stored (``jemmo.domain.redaction``). Texts stored when fewer spellings were recognized
are masked here, before any page shows them.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import BooleanField, Model
from django.db.models.expressions import RawSQL
from msgspec import Struct

from jemmo.domain import records
from jemmo.domain.fields import personal_texts, searched
from jemmo.domain.masking import Search, hidden_fields, hidden_value, without_contacts
from jemmo.domain.redaction import TALENT_TEXTS
from jemmo.store.models import Attachment, Talent
from jemmo.store.records.redaction import Unseal, restore_listed_texts

MAX_SEARCHED_IN_ROW = 2_000
"""Characters per row of a list that are searched for contact details: a page has a hundred rows."""
MAX_SHOWN_IN_ROW = 300  # characters of a text
MAX_TAGS_IN_ROW = 100


def conceal(talent: Talent, search: Search | None = None) -> None:
    """Remove contact details from all texts of a talent's record. It must not be saved afterwards.

    ``search`` limits how much is searched. Text beyond the limit is removed entirely, so the longest text comes last.
    """
    hide = (search or Search()).without_contacts
    for name in sorted(TALENT_TEXTS, key="summary".__eq__):
        if name == "summary":
            talent.tags = hidden_value(talent.tags, hide)
            talent.location = hidden_value(talent.location, hide)
            talent.custom_fields = hidden_fields(talent.custom_fields, hide)
        setattr(talent, name, hidden_value(getattr(talent, name), hide))


def show_texts(talents: Iterable[Talent], unseal: Unseal | None) -> None:
    """Prepare texts for a list: in full for readers who may see contact details, otherwise without any.

    A row shows only the beginning of each text, however long it is.
    """
    talents = list(talents)
    shown = []
    for talent in talents:
        talent.tags = talent.tags[:MAX_TAGS_IN_ROW]
        if unseal is None or talent.withheld:
            conceal(talent, Search(MAX_SEARCHED_IN_ROW))
        else:
            shown.append(talent)
    if unseal is not None:
        restore_listed_texts(shown, unseal)
    for talent in talents:
        for name in TALENT_TEXTS:
            setattr(talent, name, _beginning(getattr(talent, name)))


def _beginning(text: str | None) -> str | None:
    if text is None or len(text) <= MAX_SHOWN_IN_ROW:
        return text
    return f"{text[:MAX_SHOWN_IN_ROW]}…"


def conceal_own_texts(record: type[Struct], rows: Iterable[Model]) -> None:
    """Remove contact details from records whose personal fields are plain texts, such as applications."""
    for row in rows:
        for name in personal_texts(record):
            setattr(row, name, without_contacts(getattr(row, name)))


def conceal_files(files: Iterable[Attachment]) -> None:
    for attachment in files:
        attachment.file_name = without_contacts(attachment.file_name)


SEARCHED = tuple(field.name for field in searched(records.Talent) if field.is_text)
_TYPED = (
    "concat_ws(' ', "
    + ", ".join(f'"talent"."{name}"' for name in SEARCHED)
    + ', array_to_string("talent"."tags", \' \'))'
)
_STILL_MATCHES = (
    # Most texts contain neither an "@" nor a long number and need no further check.
    f"({_TYPED} !~ '[@＠]|\\d(\\D{{0,5}}\\d){{6}}' OR "
    "to_tsvector('simple', translate(unaccent("
    # Remove every word with a digit or an "@", up to the length that a local part may have.
    f"regexp_replace(left({_TYPED}, 10000), '\\S{{0,70}}[@＠[:digit:]]\\S*', ' ', 'g')"
    "), '<>', '  ')) @@ to_tsquery('simple', %s))"
)


def matches_without_contacts(terms: str) -> RawSQL:
    """Whether a talent still matches without contact details; if not, showing the match would reveal them.

    This filters the index's matches, for records that were stored before texts were redacted as they are now.
    """
    return RawSQL(_STILL_MATCHES, (terms,), output_field=BooleanField())  # noqa: S611 - only %s are parameters
