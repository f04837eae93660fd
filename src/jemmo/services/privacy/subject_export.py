"""Exports all data about one person, to be handed over to them."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from typing import Any, Protocol
from uuid import UUID

import msgspec
from django.forms.models import model_to_dict
from django.utils.html import format_html

from jemmo.domain import records as canonical
from jemmo.domain.fields import sealed
from jemmo.domain.spans import utc_text
from jemmo.files.storage import Storage
from jemmo.services.base.access_log import log_subject_export
from jemmo.services.files.stored_files import FileGone, open_version, safe_name
from jemmo.store.db import scope
from jemmo.store.models import (
    AccessEvent,
    Account,
    Application,
    FileVersion,
    Organisation,
    Stage,
    Talent,
    TalentContacts,
)
from jemmo.store.records.redaction import open_contacts, restore_own_texts, restore_texts
from jemmo.vault import Vault

ROWS = 200  # read at a time
PART = 256 * 1024  # bytes of a file compressed at a time
STAGES = ("from_stage_remote_id", "to_stage_remote_id")
INTERNAL = {"content_hash", "search", "excluded_reason", "org", "connection"}


class Output(Protocol):
    """The file that an export is written to."""

    def write(self, content: bytes, /) -> int: ...
    def flush(self) -> None: ...
    def close(self) -> None: ...


def export(
    org: Organisation,
    talents: list[UUID],
    to: Output,
    *,
    vault: Vault,
    storage: Storage,
    actor: Account | None = None,
) -> None:
    """Write a zip of ``data.json``, ``index.html`` with the same content, and ``files/``.

    Both pages name what is left out, and the files that the storage has lost. A complete export is logged. Only one of
    the person's files and a few hundred rows are in memory at a time. Raises ``ConfigError`` if the files are in
    another storage.
    """

    def records() -> Iterator[dict[str, Any]]:
        for talent in Talent.objects.filter(org=org, id__in=talents).iterator(ROWS):
            yield _person(talent, vault)

    lost: list[str] = []
    document = {
        "organisation": org.name,
        "written_at": datetime.now(UTC),
        "not_included": _not_included(),
        "lost_files": lost,
        "records": records,
    }
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as archive:
        versions = FileVersion.objects.filter(
            attachment__talent__in=talents, org=org, state="stored"
        ).select_related("attachment")
        ordered = versions.order_by("attachment_id", "written_at").iterator(ROWS)
        for number, version in enumerate(ordered, 1):
            name = safe_name(version.attachment.file_name, version.content_type)
            try:
                content = open_version(version, vault=vault, storage=storage).content
            except FileGone:
                lost.append(name)
            else:
                _add(archive, f"files/{number:02} {name}", content)
        for name, parts in (("data.json", _json(document)), ("index.html", _page(document))):
            with archive.open(name, "w", force_zip64=True) as file:
                for part in parts:
                    file.write(part.encode())
    log_subject_export(org, talents, actor=actor)


def _not_included() -> list[str]:
    """What an export lacks, because of the member who creates it or because it may be about others, too."""
    reader = scope.current() or scope.EVERYTHING
    parts = ["records and webhooks from the ATS, as received", "messages to support"]
    if not reader.confidential:
        parts.append("applications for confidential jobs, and their files")
    if not reader.notes:
        parts.append("notes")
    return parts


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    """Add a file in parts. In one piece, the compressed file would be in memory as well."""
    with archive.open(name, "w", force_zip64=True) as file:
        for start in range(0, len(content), PART):
            file.write(memoryview(content)[start : start + PART])


Rows = Callable[[], Iterator[Any]]
"""Returns values that are read again each time they are written."""


def _person(talent: Talent, vault: Vault) -> dict[str, Any]:
    contacts = TalentContacts.objects.filter(talent=talent).first()
    files = list(talent.attachments.order_by("id"))
    restore_texts(talent, contacts, vault.open, files=files)
    return {
        "from": talent.connection.provider,
        "person": {
            **_plain(talent),
            **_documents(talent, canonical.Talent),
            "department": talent.department.name if talent.department else None,
        },
        "contacts": msgspec.to_builtins(open_contacts(contacts, talent, vault.open))
        if contacts
        else [],
        "applications": partial(_applications, talent, vault),
        "notes": partial(_notes, talent, vault),
        "files": [_plain(file) for file in files],
        "who_looked": partial(_views, talent),
    }


def _applications(talent: Talent, vault: Vault) -> Iterator[dict[str, Any]]:
    applications = talent.applications.select_related("job", "stage", "reject_reason").order_by(
        "id"
    )
    rows = applications.iterator(ROWS)
    while chunk := list(islice(rows, ROWS)):
        restore_own_texts(chunk, vault.open)
        for application in chunk:
            yield {
                **_plain(application),
                **_documents(application, canonical.Application),
                "job": application.job.title if application.job else None,
                "stage": application.stage.name if application.stage else None,
                "reject_reason": application.reject_reason.name
                if application.reject_reason
                else None,
                "history": partial(_history, application),
            }


def _notes(talent: Talent, vault: Vault) -> Iterator[dict[str, Any]]:
    """Yield the notes about them, if the member who handles the request may read notes."""
    rows = talent.notes.select_related("author").order_by("id").iterator(ROWS)
    while chunk := list(islice(rows, ROWS)):
        restore_own_texts(chunk, vault.open)
        for note in chunk:
            yield {**_plain(note), "author": note.author.name if note.author else None}


def _history(application: Application) -> Iterator[dict[str, Any]]:
    """Yield the moves between stages, with the names of known stages."""
    events = application.stage_events.order_by("at")
    ids = {name for ends in events.values_list(*STAGES) for name in ends if name}
    stages = Stage.objects.filter(connection=application.connection_id, remote_id__in=ids)
    names = dict(stages.values_list("remote_id", "name"))
    for event in events.iterator(ROWS):
        ends = {end.removesuffix("_remote_id"): names.get(getattr(event, end)) for end in STAGES}
        yield _plain(event) | {end: name for end, name in ends.items() if name}


def _views(talent: Talent) -> Iterator[dict[str, Any]]:
    for event in AccessEvent.objects.filter(talent=talent.id).order_by("at").iterator(ROWS):
        yield {"action": event.action, "at": event.at}


def _documents(record: Talent | Application, kind: type[canonical.Record]) -> dict[str, Any]:
    """Return documents about a person, decrypted, since no plain column contains them."""
    return {name: getattr(record, name) for name in sealed(kind)}


def _plain(record: Any) -> dict[str, Any]:
    """Return a row's own values, without empty ones."""
    fields = model_to_dict(record)
    fields |= {
        field.name: getattr(record, field.attname)
        for field in record._meta.concrete_fields  # noqa: SLF001 - Django's own name
        if not field.is_relation
    }
    return {
        name: value
        for name, value in fields.items()
        if name not in INTERNAL
        and value not in (None, "", [], {})
        and not isinstance(value, bytes | memoryview)
    }


STYLE = (
    "body{font:16px/1.5 sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem}"
    "dt{color:#555}dd{margin:0 0 .5rem}"
)


def _json(value: Any) -> Iterator[str]:
    """Yield JSON in parts, with one line per row of a list."""
    if callable(value):
        yield "["
        for number, row in enumerate(value()):
            yield ",\n" if number else "\n"
            yield from _json(row)
        yield "]"
    elif isinstance(value, dict):
        yield "{"
        for number, (name, inner) in enumerate(value.items()):
            yield f"{', ' if number else ''}{msgspec.json.encode(name).decode()}: "
            yield from _json(inner)
        yield "}"
    else:
        yield msgspec.json.encode(value).decode()


def _page(document: dict[str, Any]) -> Iterator[str]:
    yield format_html(
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>{0}</title><style>{1}</style>'
        "<h1>What {0} holds about you</h1>",
        document["organisation"],
        STYLE,
    )
    yield "<p>Not included in this copy:</p>"
    yield from _section(document["not_included"])
    if document["lost_files"]:
        yield "<p>Files that could not be found:</p>"
        yield from _section(document["lost_files"])
    for record in document["records"]():
        yield "<hr>"
        yield from _section(record)
    yield "</html>"


def _section(value: Any) -> Iterator[str]:
    """Yield nested values as nested lists, in parts. All text is escaped; empty fields are omitted."""
    if isinstance(value, dict):
        yield "<dl>"
        for name, inner in value.items():
            if inner is None:
                continue
            yield format_html("<dt>{}</dt><dd>", name.replace("_", " "))
            yield from _section(inner)
            yield "</dd>"
        yield "</dl>"
    elif callable(value) or isinstance(value, list | tuple):
        yield "<ul>"
        for child in value() if callable(value) else value:
            yield "<li>"
            yield from _section(child)
            yield "</li>"
        yield "</ul>"
    else:
        yield format_html("{}", _words(value))


def _words(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return utc_text(value)
    return str(value)
