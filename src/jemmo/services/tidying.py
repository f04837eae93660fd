"""Mends what a crash, a deletion or a hand in the storage left: no file without a row, no row without its file."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F, Q
from msgspec import Struct

from jemmo.domain.search_words import search_words
from jemmo.files.storage import Missing, Storage
from jemmo.files.text import NoText, text_of
from jemmo.services.fetching import file_context, text_context
from jemmo.services.lookups import lookup_key
from jemmo.store.models import Attachment, FileText, FileVersion, Organisation
from jemmo.store.selectors import files
from jemmo.vault import Vault
from jemmo.vault.lookups import word_hashes

LEFT_ALONE = timedelta(hours=1)  # what is younger may be at work
KEPT_VERSIONS = 5
PACE_KEPT = timedelta(days=1)  # longer than any wait that an ATS has told
FEW, SHARE = 20, 0.25  # more than both would vanish at once: somebody looks first


class Tidied(Struct, kw_only=True):
    """What was mended, in numbers.

    ``retired`` are kept files that the ATS no longer has, ``orphans`` files without a row, ``lost`` rows without their
    file (fetched again), ``read`` files whose words were still to be taken. ``held`` is how many were not touched since
    they are suspiciously many: the storage may be another one than before.
    """

    retired: int = 0
    unfinished: int = 0
    outdated: int = 0
    orphans: int = 0
    lost: int = 0
    read: int = 0
    held: int = 0


def connections_due() -> list[UUID]:
    return files.connections_due(datetime.now(UTC))


def tidy(storage: Storage, vault: Vault, *, now: datetime | None = None) -> Tidied:
    """Compare rows and storage and mend the difference; safe to repeat and to interrupt anywhere."""
    now = now or datetime.now(UTC)
    told = Tidied()
    for version in _vanished():
        _retire(version, storage)
        told.retired += 1
    for version in FileVersion.objects.filter(state="writing", written_at__lt=now - LEFT_ALONE):
        remove(version, storage)
        told.unfinished += 1
    for version in _outdated():
        remove(version, storage)
        told.outdated += 1
    _compare(storage, now, told)
    told.read = _read_unread(storage, vault, now)
    _forget_paces(now - PACE_KEPT)
    return told


def _forget_paces(before: datetime) -> None:
    """Of keys that nobody has used for a while; a connection that is gone has no other trace here."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM pace WHERE greatest(held_until, sent[array_upper(sent, 1)]) < %s",
            [before.timestamp()],
        )


def remove(version: FileVersion, storage: Storage) -> None:
    """First the bytes, then the row: in between, the row still tells where to look."""
    storage.delete(version.storage_name)
    version.delete()


def _vanished() -> list[FileVersion]:
    gone = (
        Q(attachment__remote_deleted_at__isnull=False)
        | Q(attachment__fetch_status="GONE")
        | Q(attachment__talent__remote_deleted_at__isnull=False)
    )
    return list(FileVersion.objects.filter(gone).select_related("attachment"))


def _retire(version: FileVersion, storage: Storage) -> None:
    """Take a file away that the ATS no longer has. Should it come back, it is fetched again."""
    storage.delete(version.storage_name)
    with transaction.atomic():
        FileText.objects.filter(attachment=version.attachment_id).delete()
        Attachment.objects.filter(id=version.attachment_id).update(
            current_version=None, size=None, sha256=None, fetch_status="GONE", reason="gone"
        )
        version.delete()


def _outdated() -> list[FileVersion]:
    """Versions beyond those that are kept of a file, the oldest first to go; never the one shown."""
    found: list[FileVersion] = []
    counted: dict[int, int] = {}
    rows = FileVersion.objects.filter(state="stored").exclude(id=F("attachment__current_version"))
    for version in rows.order_by("attachment_id", "-written_at").iterator():
        counted[version.attachment_id] = counted.get(version.attachment_id, 0) + 1
        if counted[version.attachment_id] >= KEPT_VERSIONS:
            found.append(version)
    return found


def _compare(storage: Storage, now: datetime, told: Tidied) -> None:
    """Rows against what the storage lists. Folders of organisations that this database does not know are not ours."""
    ours = {str(key) for key in Organisation.objects.values_list("id", flat=True)}
    listed = {one.name: one.modified_at for one in storage.listing()}
    rows = {version.storage_name: version for version in FileVersion.objects.all()}
    old = now - LEFT_ALONE
    orphans = [
        name
        for name, changed in listed.items()
        if name not in rows and changed < old and name.split("/")[0] in ours
    ]
    lost = [
        version
        for name, version in rows.items()
        if name not in listed and version.state == "stored" and version.written_at < old
    ]
    if _suspicious(len(orphans), len(listed)):
        told.held += len(orphans)
    else:
        for name in orphans:
            storage.delete(name)
        told.orphans = len(orphans)
    if _suspicious(len(lost), len(rows)):
        told.held += len(lost)
    else:
        for version in lost:
            _fetch_again(version)
        told.lost = len(lost)


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
        version.delete()


def _read_unread(storage: Storage, vault: Vault, now: datetime) -> int:
    """Take the words of files whose reader was cut off."""
    unread = FileVersion.objects.filter(
        state="stored",
        text_status="PENDING",
        written_at__lt=now - LEFT_ALONE,
        id=F("attachment__current_version"),
    ).select_related("attachment")
    count = 0
    for version in unread:
        try:
            content = vault.open(storage.get(version.storage_name), file_context(version.id))
            text = text_of(content, version.content_type)
        except Missing:
            continue
        except NoText as error:
            FileVersion.objects.filter(id=version.id).update(text_status=error.code.upper())
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
