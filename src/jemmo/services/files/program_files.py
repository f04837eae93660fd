"""Lets programs download files through short-lived links without a token. Each download is logged."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.core import signing
from msgspec import Struct

from jemmo.domain.access import Action
from jemmo.files.storage import Storage
from jemmo.services.base import access_log
from jemmo.services.files.stored_files import LINK_SECONDS, OpenFile, open_version
from jemmo.store.db.visible import OF_SHOWN_TALENTS
from jemmo.store.files import stored_files
from jemmo.store.models import ApiToken, Attachment, FileVersion
from jemmo.vault import Vault

SALT = "jemmo.api-file-link"


class FileLink(Struct, frozen=True, kw_only=True):
    """The address from which a file can be downloaded without a token, and until when."""

    url: str
    expires_at: datetime


class Ticket(Struct, frozen=True):
    """A file that a link opens, and the token that requested it."""

    token_id: UUID
    version_id: UUID


def sign(token: ApiToken, file: Attachment, now: datetime) -> tuple[str, datetime] | None:
    """Return a token that opens the file for a few minutes, and its expiry; ``None`` if its bytes are unavailable."""
    version = _version(token, file.current_version)
    if version is None:
        return None
    ticket = signing.dumps({"v": version.id.hex, "t": token.pk.hex}, salt=SALT)
    return ticket, now + timedelta(seconds=LINK_SECONDS)


def read_ticket(text: str) -> Ticket | None:
    """Return the file of a signed link; ``None`` if the link was changed or has expired."""
    try:
        payload = signing.loads(text, salt=SALT, max_age=LINK_SECONDS)
    except signing.BadSignature:
        return None
    return Ticket(token_id=UUID(payload["t"]), version_id=UUID(payload["v"]))


def take(
    token: ApiToken, version_id: UUID, *, vault: Vault, storage: Storage | None = None
) -> OpenFile | None:
    """Return the content after checking rights again; log the access with the token.

    Raises what ``open_version`` raises.
    """
    version = _version(token, version_id)
    if version is None:
        return None
    file = open_version(version, vault=vault, storage=storage)
    access_log.log_access(
        token.org,
        Action.FILE_DOWNLOADED,
        actor=token.created_by,
        talent=version.attachment.talent_id,
        subject=f"file:{version.id}",
        token=str(token.pk),
    )
    return file


def _version(token: ApiToken, version_id: UUID | None) -> FileVersion | None:
    """Return the version. A resume contains contact details, so programs without access to those don't get it."""
    version = stored_files.shown(token.org, version_id) if version_id else None
    if version is None or version.attachment.talent.withheld:
        return None
    shown = Attachment.objects.filter(OF_SHOWN_TALENTS, id=version.attachment_id)
    return version if shown.exists() else None
