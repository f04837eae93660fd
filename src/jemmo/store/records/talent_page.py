"""Reads a talent for their page. Contact details are decrypted only for readers who may see them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import F, Prefetch, Q, QuerySet

from jemmo.domain import records as canonical
from jemmo.domain.consent import Withheld
from jemmo.domain.records import Contact
from jemmo.domain.rules import Exclusion
from jemmo.domain.stored_values import enum_or_none
from jemmo.store.connections.connections import without_applications
from jemmo.store.db.paging import count_hidden
from jemmo.store.files.stored_files import with_text_status
from jemmo.store.models import (
    Application,
    Attachment,
    Note,
    Organisation,
    Stage,
    StageEvent,
    Talent,
    TalentContacts,
)
from jemmo.store.records.redaction import Unseal, open_contacts, restore_own_texts, restore_texts
from jemmo.store.records.text_masking import conceal, conceal_files, conceal_own_texts

APPLICATIONS_SHOWN = FILES_SHOWN = NOTES_SHOWN = 100
MOVES_SHOWN = 100  # per application


@dataclass(frozen=True, kw_only=True)
class TalentPage:
    """One talent.

    ``contacts`` is ``None`` for readers who may not see them, and for everyone if they are ``withheld``. ``excluded``
    is the rule that removes the talent from lists and counts. Without ``reads_applications``, it is unknown whether
    there are any. An ATS decides how many applications, moves, files, and notes a person has, so only the latest are
    shown; ``more_…`` counts the others.
    """

    talent: Talent
    reads_applications: bool
    excluded: Exclusion | None
    contacts: list[Contact] | None
    withheld: Withheld | None
    applications: list[Application]
    more_applications: int
    files: list[Attachment]
    more_files: int
    notes: list[Note]
    more_notes: int


def talent_page(
    org: Organisation,
    talent_id: UUID,
    *,
    unseal: Unseal | None,
    reveal: bool = False,
    with_notes: bool = False,
) -> TalentPage | None:
    """A talent, excluded or not; ``None`` if this organization has none.

    ``reveal``: include the contact details of someone who is not to be contacted. ``with_notes``: for readers with that
    right, which the database checks too.
    """
    stored = Talent.objects.filter(org=org, id=talent_id, remote_deleted_at=None)
    talent = stored.select_related("connection", "department").first()
    if talent is None:
        return None
    applied = talent.applications.filter(remote_deleted_at=None)
    applications: list[Application] = list(
        applied.select_related("job", "stage", "reject_reason")
        .prefetch_related(Prefetch("stage_events", _latest_moves(), to_attr="latest_moves"))
        .order_by(F("applied_at").desc(nulls_last=True), "id")[:APPLICATIONS_SHOWN]
    )
    attached = talent.attachments.filter(remote_deleted_at=None)
    latest = attached.order_by("-id").values("id")[:FILES_SHOWN]
    files = list(with_text_status(attached.filter(id__in=latest)).order_by("id"))
    _name_moves(applications)
    noted = talent.notes.filter(remote_deleted_at=None)
    withheld = None if reveal else talent.withheld
    if withheld:
        unseal = None
    notes = _notes(noted, unseal) if with_notes else []
    return TalentPage(
        talent=talent,
        reads_applications=talent.connection_id not in without_applications(org),
        excluded=enum_or_none(talent.excluded_reason, Exclusion),
        contacts=_opened(talent, applications, files, unseal),
        withheld=withheld,
        applications=applications,
        more_applications=count_hidden(applied, applications, APPLICATIONS_SHOWN),
        files=files,
        more_files=count_hidden(attached, files, FILES_SHOWN),
        notes=notes,
        more_notes=count_hidden(noted, notes, NOTES_SHOWN),
    )


def _latest_moves() -> QuerySet[StageEvent]:
    return StageEvent.objects.order_by("-at", "-id")[:MOVES_SHOWN]


def _notes(present: QuerySet[Note], unseal: Unseal | None) -> list[Note]:
    """The latest notes, with their original texts for readers who may see contact details."""
    latest = present.order_by(F("remote_created_at").desc(nulls_last=True), "id")[:NOTES_SHOWN]
    notes = list(latest.select_related("author"))
    if unseal is None:
        conceal_own_texts(canonical.Note, notes)
    else:
        restore_own_texts(notes, unseal)
    return notes


def _name_moves(applications: list[Application]) -> None:
    """Set each application's ``moves``, latest first, with the names of known stages, and count ``more_moves``.

    A move that is not ``named`` by its stages changes only the status, or its stages are unknown.
    """
    ids = {
        remote_id
        for record in applications
        for move in record.latest_moves  # type: ignore[attr-defined]
        for remote_id in (move.from_stage_remote_id, move.to_stage_remote_id)
        if remote_id
    }
    names: dict[tuple[Any, str | None], str] = {}
    if ids:
        connections = {record.connection_id for record in applications}
        known = Stage.objects.filter(Q(connection__in=connections), remote_id__in=ids)
        names = {(record.connection_id, record.remote_id): record.name for record in known}
    for record in applications:
        moves = record.latest_moves  # type: ignore[attr-defined]
        for move in moves:
            move.before = names.get((record.connection_id, move.from_stage_remote_id))
            move.after = names.get((record.connection_id, move.to_stage_remote_id))
            stayed = move.from_stage_remote_id == move.to_stage_remote_id
            move.named = not stayed and bool(move.before or move.after)
        record.moves = moves  # type: ignore[attr-defined]
        record.more_moves = count_hidden(  # type: ignore[attr-defined]
            StageEvent.objects.filter(application=record), moves, MOVES_SHOWN
        )


def _opened(
    talent: Talent,
    applications: list[Application],
    files: list[Attachment],
    unseal: Unseal | None,
) -> list[Contact] | None:
    """The contact details and original texts, for readers who may see them."""
    if unseal is None:
        conceal(talent)
        conceal_own_texts(canonical.Application, applications)
        conceal_files(files)
        return None
    row = TalentContacts.objects.filter(talent=talent).first()
    restore_texts(talent, row, unseal, files=files)
    restore_own_texts(applications, unseal)
    return open_contacts(row, talent, unseal) if row else []
