"""Takes contact details out of the free text of records, for who may not see them: see ``jemmo.domain.masking``.

They are kept apart from the texts when those are stored (``jemmo.domain.apart``). What was stored when fewer ways of
writing them were known is caught here, before any page sees it.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import BooleanField
from django.db.models.expressions import RawSQL

from jemmo.domain.apart import APPLICATION_TEXTS, TALENT_TEXTS
from jemmo.domain.masking import EMAIL, PHONE, hidden_fields, hidden_value, without_contacts
from jemmo.store.models import Application, Attachment, Talent
from jemmo.store.selectors.apart import Unseal, put_back_in_list


def conceal(talent: Talent) -> None:
    """Take contact details out of all that a talent's record says. It must not be saved afterwards."""
    for name in TALENT_TEXTS:
        setattr(talent, name, without_contacts(getattr(talent, name)))
    talent.tags = [without_contacts(tag) or "" for tag in talent.tags]
    talent.custom_fields = hidden_fields(talent.custom_fields)
    talent.location = hidden_value(talent.location)


def show_texts(talents: Iterable[Talent], unseal: Unseal | None) -> None:
    """In a list: what people's texts say for who may see contact details, and nothing that holds any for others."""
    shown = []
    for one in talents:
        if unseal is None or one.withheld:
            conceal(one)
        else:
            shown.append(one)
    if unseal is not None:
        put_back_in_list(shown, unseal)


def conceal_applications(applications: Iterable[Application]) -> None:
    for one in applications:
        for name in APPLICATION_TEXTS:
            setattr(one, name, without_contacts(getattr(one, name)))


def conceal_files(files: Iterable[Attachment]) -> None:
    for one in files:
        one.file_name = without_contacts(one.file_name)


SEARCHED = ("first_name", "last_name", "headline", "current_company", "current_title")
_TYPED = (
    "concat_ws(' ', "
    + ", ".join(f'"talent"."{name}"' for name in SEARCHED)
    + ', array_to_string("talent"."tags", \' \'))'
)
_STILL_MATCHES = (
    # Most records hold neither an "@" nor a long number: they need no second look.
    f"({_TYPED} !~ '[@＠]|\\d(\\D{{0,3}}\\d){{6}}' OR "
    "to_tsvector('simple', translate(unaccent("
    f"regexp_replace(regexp_replace({_TYPED}, %s, ' ', 'g'), %s, ' ', 'g')"
    "), '<>', '  ')) @@ to_tsquery('simple', %s))"
)


def matches_without_contacts(terms: str) -> RawSQL:
    """Whether a talent still matches once contact details are taken out: else searching would tell them.

    It is asked of what the index has found. Postgres reads the domain's own patterns.
    """
    given = (EMAIL.pattern, PHONE.pattern, terms)
    return RawSQL(_STILL_MATCHES, given, output_field=BooleanField())  # noqa: S611 - only %s are given
