"""Repairs storage after crashes, deletions and manual changes: no file without a row, no row without its file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now
from msgspec import Struct

from jemmo.domain.search_words import search_words
from jemmo.domain.typed_values import uuid_or_none
from jemmo.files.storage import Missing, Storage
from jemmo.files.text import NoText, text_of
from jemmo.services.base.contexts import file_context, text_context
from jemmo.services.base.lookups import lookup_key
from jemmo.services.files import storage as place
from jemmo.store.files import stored_files
from jemmo.store.models import Attachment, Connection, FileText, FileVersion, Organisation
from jemmo.store.sync import pace
from jemmo.vault import Vault
from jemmo.vault.lookups import word_hashes

LEFT_ALONE = timedelta(hours=1)  # younger files may still be in use
KEPT_VERSIONS = 5
BATCH = 500  # rows per statement
PACE_KEPT = timedelta(days=1)  # longer than any wait that an ATS has requested
FEW, SHARE = 20, 0.25  # a person must decide if a repair would exceed both


class CleanupSummary(Struct, kw_only=True):
    """The number of repairs.

    ``retired`` are stored files that the ATS no longer has, ``orphans`` files without a row, ``lost`` rows without
    their file, which is fetched again, and ``read`` files whose text had not been extracted. ``held`` counts files that
    were left alone because suspiciously many would change, so the storage may be the wrong one.
    """

    retired: int = 0
    unfinished: int = 0
    outdated: int = 0
    orphans: int = 0
    lost: int = 0
    read: int = 0
    held: int = 0


def connections_due() -> list[UUID]:
    return stored_files.connections_due(datetime.now(UTC))


def clean_up(storage: Storage, vault: Vault, *, now: datetime | None = None) -> CleanupSummary:
    """Compare rows and storage and repair the differences. Safe to repeat and to interrupt anywhere.

    Raises ``ReaderUnavailable`` if files wait for text extraction but it cannot run.
    """
    now = now or datetime.now(UTC)
    summary = CleanupSummary()
    for batch in _batches(FileVersion.objects.select_related("attachment__talent")):
        outdated = _outdated(batch)
        for version in batch:
            if _has_vanished(version):
                _retire(version, storage)
                summary.retired += 1
            elif version.state == "writing" and version.written_at < now - LEFT_ALONE:
                remove(version, storage)
                summary.unfinished += 1
            elif version.id in outdated:
                remove(version, storage)
                summary.outdated += 1
    _compare(storage, now, summary)
    pace.forget_unused(now - PACE_KEPT)
    summary.read = _read_unread(storage, vault, now)
    return summary


def remove(version: FileVersion, storage: Storage) -> None:
    """Delete the content first, then its row, so that content never exists without a row."""
    storage.delete(version.storage_name)
    version.delete()


def _batches(versions: QuerySet[FileVersion]) -> Iterator[list[FileVersion]]:
    """Yield rows by key, so that no statement reads more than one batch."""
    after = UUID(int=0)
    while batch := list(versions.filter(id__gt=after).order_by("id")[:BATCH]):
        after = batch[-1].id  # read now, since the caller may delete the row
        yield batch


def _has_vanished(version: FileVersion) -> bool:
    attachment = version.attachment
    return (
        attachment.fetch_status == "GONE"
        or attachment.remote_deleted_at is not None
        or attachment.talent.remote_deleted_at is not None
    )


def _retire(version: FileVersion, storage: Storage) -> None:
    """Delete a file that the ATS no longer has. If the ATS lists it again, it is fetched again."""
    storage.delete(version.storage_name)
    with transaction.atomic():
        FileText.objects.filter(attachment=version.attachment_id).delete()
        Attachment.objects.filter(id=version.attachment_id).update(
            current_version=None, size=None, sha256=None, fetch_status="GONE", reason="gone"
        )
        version.delete()


def _outdated(batch: list[FileVersion]) -> set[UUID]:
    """Return the versions of files beyond the number to keep. The current version is never among them."""
    replaced = [version for version in batch if version.id != version.attachment.current_version]
    rows = FileVersion.objects.filter(
        state="stored", attachment__in={version.attachment_id for version in replaced}
    ).exclude(id=F("attachment__current_version"))
    outdated: set[UUID] = set()
    counted: Counter[int] = Counter()
    for key, attachment in rows.order_by("attachment_id", "-written_at").values_list(
        "id", "attachment_id"
    ):
        counted[attachment] += 1
        if counted[attachment] >= KEPT_VERSIONS:
            outdated.add(key)
    return outdated


def _compare(storage: Storage, now: datetime, summary: CleanupSummary) -> None:
    """Compare rows with the storage. Folders of organizations unknown to this database are left alone."""
    listed = {file.name: file.modified_at for file in storage.listing()}
    old = now - LEFT_ALONE
    lost: list[FileVersion] = []
    total = 0
    for batch in _batches(FileVersion.objects.select_related("attachment__talent")):
        total += len(batch)
        lost += [
            version
            for version in batch
            if version.storage_name not in listed
            and version.state == "stored"
            and version.written_at < old
        ]
    orphans = _orphans([name for name, changed in listed.items() if changed < old])
    if _suspicious(len(orphans), len(listed)):
        summary.held += len(orphans)
    else:
        for name in orphans:
            storage.delete(name)
        summary.orphans = len(orphans)
    if _suspicious(len(lost), total):
        summary.held += len(lost)
    else:
        for version in lost:
            _fetch_again(version)
        summary.lost = len(lost)


def _orphans(names: list[str]) -> list[str]:
    """Return the names in our organizations' folders that have no row."""
    ours = {str(key) for key in Organisation.objects.values_list("id", flat=True)}
    keys = {name: key_of(name) for name in names if name.split("/")[0] in ours}
    known: set[str] = set()
    for some in batched([key for key in keys.values() if key], BATCH):
        rows = FileVersion.objects.filter(id__in=some)
        known.update(version.storage_name for version in rows)
    return [name for name in keys if name not in known]


def key_of(name: str) -> UUID | None:
    """The version id in a file's name, if it has one."""
    return uuid_or_none(name.rpartition("/")[2])


def batched(keys: Sequence[UUID], size: int) -> Iterator[Sequence[UUID]]:
    return (keys[start : start + size] for start in range(0, len(keys), size))


def adopt_storage(storage: Storage) -> int:
    """Accept the storage as this database's, and download what is missing. Return the number of files."""
    place.accept(storage)
    listed = {stored.name for stored in storage.listing()}
    versions = FileVersion.objects.filter(state="stored").select_related("attachment__talent")
    lost = [version for version in versions if version.storage_name not in listed]
    for version in lost:
        _fetch_again(version)
    return len(lost)


def _suspicious(count: int, total: int) -> bool:
    return count > FEW and count > SHARE * total


def _fetch_again(version: FileVersion) -> None:
    with transaction.atomic():
        Attachment.objects.filter(
            id=version.attachment_id, current_version=version.id, fetch_status="STORED"
        ).update(fetch_status="PENDING", reason="lost", next_try_at=None)
        Attachment.objects.filter(id=version.attachment_id, current_version=version.id).update(
            current_version=None, size=None, sha256=None
        )
        FileText.objects.filter(attachment=version.attachment_id, version=version.id).delete()
        Connection.objects.filter(id=version.attachment.talent.connection_id).update(
            files_due_at=Now()
        )
        version.delete()


def _read_unread(storage: Storage, vault: Vault, now: datetime) -> int:
    """Extract the text of files whose reader was interrupted."""
    unread = FileVersion.objects.filter(
        state="stored",
        text_status="PENDING",
        written_at__lt=now - LEFT_ALONE,
        id=F("attachment__current_version"),
    ).select_related("attachment")
    count = 0
    for version in unread.order_by("id")[:BATCH]:
        try:
            content = vault.open(storage.get(version.storage_name), file_context(version.id))
            text = text_of(content, version.content_type)
        except Missing:
            continue
        except NoText as error:
            FileVersion.objects.filter(id=version.id).update(text_status=error.code.upper())
            continue
        if not text:
            FileVersion.objects.filter(id=version.id).update(text_status="EMPTY")
            continue
        words = word_hashes(lookup_key(vault), version.org_id, search_words(text))
        with transaction.atomic():
            FileText.objects.update_or_create(
                attachment=version.attachment,
                defaults={
                    "org_id": version.org_id,
                    "talent_id": version.attachment.talent_id,
                    "version": version.id,
                    "sealed": vault.seal(text.encode(), text_context(version.attachment_id)),
                    "words": words,
                },
            )
            FileVersion.objects.filter(id=version.id).update(text_status="DONE")
        count += 1
    return count
