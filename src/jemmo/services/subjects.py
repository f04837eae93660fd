"""All that is held of one person, to hand over to them."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from django.forms.models import model_to_dict
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from jemmo.domain.access import Action
from jemmo.files.storage import Missing, Storage
from jemmo.services.fetching import file_context
from jemmo.services.files import safe_name
from jemmo.services.noting import note
from jemmo.store.models import (
    AccessEvent,
    Account,
    FileVersion,
    Organisation,
    Talent,
    TalentContacts,
)
from jemmo.store.selectors.apart import open_contacts, put_back, put_back_letters
from jemmo.vault import Vault

INTERNAL = {"content_hash", "search", "excluded_reason", "org", "connection"}


def export(
    org: Organisation,
    talents: list[UUID],
    *,
    vault: Vault,
    storage: Storage,
    actor: Account | None = None,
) -> bytes:
    """A zip of ``data.json``, ``index.html`` that says the same, and ``files/``. It is noted who took it."""
    for one in talents:
        note(org, Action.SUBJECT_EXPORTED, actor=actor, talent=one)
    found = [_person(one, vault) for one in Talent.objects.filter(org=org, id__in=talents)]
    told = {"organisation": org.name, "written_at": datetime.now(UTC), "records": found}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        versions = FileVersion.objects.filter(
            attachment__talent__in=talents, org=org, state="stored"
        ).select_related("attachment")
        for number, version in enumerate(versions.order_by("attachment_id", "written_at"), 1):
            try:
                sealed = storage.get(version.storage_name)
            except Missing:
                continue
            name = safe_name(version.attachment.file_name, version.content_type)
            archive.writestr(
                f"files/{number:02} {name}", vault.open(sealed, file_context(version.id))
            )
        archive.writestr("data.json", msgspec.json.format(msgspec.json.encode(told), indent=2))
        archive.writestr("index.html", _page(org, found))
    return buffer.getvalue()


def _person(talent: Talent, vault: Vault) -> dict[str, Any]:
    contacts = TalentContacts.objects.filter(talent=talent).first()
    files = list(talent.attachments.order_by("id"))
    applications = list(talent.applications.select_related("job", "stage", "reject_reason"))
    put_back(talent, contacts, vault.open, files=files)
    put_back_letters(applications, vault.open)
    return {
        "from": talent.connection.provider,
        "person": _plain(talent),
        "contacts": msgspec.to_builtins(open_contacts(contacts, talent, vault.open))
        if contacts
        else [],
        "applications": [
            {
                **_plain(one),
                "cover_letter": one.cover_letter,
                "job": one.job.title if one.job else None,
                "stage": one.stage.name if one.stage else None,
                "reject_reason": one.reject_reason.name if one.reject_reason else None,
                "history": [_plain(move) for move in one.stage_events.order_by("at")],
            }
            for one in applications
        ],
        "files": [_plain(one) for one in files],
        "who_looked": [
            {"action": one.action, "at": one.at}
            for one in AccessEvent.objects.filter(talent=talent.id).order_by("at")
        ],
    }


def _plain(record: Any) -> dict[str, Any]:
    """A row's own values; those that are empty say nothing."""
    found = model_to_dict(record)
    found |= {
        field.name: getattr(record, field.attname)
        for field in record._meta.concrete_fields  # noqa: SLF001 - Django's own name for a public thing
        if not field.is_relation
    }
    return {
        name: value
        for name, value in found.items()
        if name not in INTERNAL
        and value not in (None, "", [], {})
        and not isinstance(value, bytes | memoryview)
    }


STYLE = (
    "body{font:16px/1.5 sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem}"
    "dt{color:#555}dd{margin:0 0 .5rem}"
)


def _page(org: Organisation, found: list[dict[str, Any]]) -> str:
    return str(
        format_html(
            '<!doctype html><html lang="en"><meta charset="utf-8"><title>{0}</title><style>{1}</style>'
            "<h1>What {0} holds about you</h1>{2}</html>",
            org.name,
            STYLE,
            format_html_join("", "<hr>{}", ((_section(one),) for one in found)),
        )
    )


def _section(value: Any) -> SafeString:
    """Nested values as nested lists; every text is escaped."""
    if isinstance(value, dict):
        rows = ((name.replace("_", " "), _section(inner)) for name, inner in value.items())
        return format_html("<dl>{}</dl>", format_html_join("", "<dt>{}</dt><dd>{}</dd>", rows))
    if isinstance(value, list | tuple):
        return format_html(
            "<ul>{}</ul>", format_html_join("", "<li>{}</li>", ((_section(one),) for one in value))
        )
    return format_html("{}", value)
