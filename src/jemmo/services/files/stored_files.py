"""Lets members view and download stored files, with permission and through short-lived links. Each access is logged."""

from __future__ import annotations

import re
from uuid import UUID

from django.core import signing
from msgspec import Struct

from jemmo.connectors.registry import CONNECTORS
from jemmo.domain.access import Action
from jemmo.domain.errors import JemmoError
from jemmo.files.choose import open_storage
from jemmo.files.kinds import ENDINGS, IMAGES
from jemmo.files.storage import Missing, Storage, StorageError
from jemmo.services.base import access_log
from jemmo.services.base.contexts import file_context, text_context
from jemmo.services.files import storage as place
from jemmo.store.files import stored_files
from jemmo.store.models import (
    Account,
    Connection,
    ConnectionState,
    FileText,
    FileVersion,
    Membership,
    Role,
)
from jemmo.vault import Vault

LINK_SECONDS = 300
SALT = "jemmo.file-link"
MAX_NAME = 500  # characters of a file's name that are read
UNSAFE = re.compile(r"[\x00-\x1f\x7f/\\:*?\"<>|\u202a-\u202e\u2066-\u2069]+")
SAME_ENDING = {"jpeg": "jpg", "text": "txt", "md": "txt"}


class NotAllowed(Exception):
    """This member's role may not see files."""


class FileGone(JemmoError):
    """The row exists, but its bytes don't. The variant says whether they will be downloaded again."""

    default_code = "file_gone"


class OpenFile(Struct, frozen=True, kw_only=True):
    """A file's content, ready for a person to download."""

    content: bytes
    content_type: str
    file_name: str


class Preview(Struct, frozen=True, kw_only=True):
    """A file as shown on pages. ``text`` is ``None`` if it has none; ``earlier`` are previous versions."""

    version: FileVersion
    file_name: str
    text: str | None
    is_image: bool
    is_current: bool
    earlier: list[FileVersion]


def are_read(connection: Connection) -> bool:
    """Whether Jemmo reads this ATS's files. If the ATS doesn't list them, the options may say where they are."""
    if are_turned_off(connection):
        return False
    connector = CONNECTORS.get(connection.provider)
    gives = connector is None or connector.capabilities.resumes
    return gives or stored_files.has_any(connection)


def are_turned_off(connection: Connection) -> bool:
    """Whether the connection's options turn off resumes."""
    connector = CONNECTORS.get(connection.provider)
    switches = [each for each in connector.options if each.name == "resumes"] if connector else []
    return any(connection.options.get(each.name, each.default) == "off" for each in switches)


def preview(membership: Membership, version_id: UUID, *, vault: Vault) -> Preview | None:
    """Return the text of a file and log the view. ``None`` if this organization has no such file."""
    version = _allowed(membership, version_id)
    if version is None:
        return None
    attachment = version.attachment
    row = FileText.objects.filter(attachment=attachment, version=version.id).first()
    text = None
    if row is not None:
        text = vault.open(bytes(row.sealed), text_context(attachment.id)).decode()
    note_file_access(membership, Action.FILE_VIEWED, version)
    others = attachment.versions.filter(state="stored").exclude(id=version.id)
    return Preview(
        version=version,
        file_name=safe_name(attachment.file_name, version.content_type),
        text=text,
        is_image=version.content_type in IMAGES,
        is_current=attachment.current_version == version.id,
        earlier=list(others.order_by("-written_at")),
    )


def link(membership: Membership, version_id: UUID, *, inline: bool = False) -> str | None:
    """Return a token that opens this file for this person for a few minutes."""
    version = _allowed(membership, version_id)
    if version is None:
        return None
    # Only images are previewed inline; anything else is a download.
    inline = inline and version.content_type in IMAGES
    return signing.dumps(
        {"v": version_id.hex, "a": membership.account_id.hex, "i": inline}, salt=SALT
    )


class Ticket(Struct, frozen=True):
    version_id: UUID
    inline: bool


def read_link(account: Account, token: str) -> Ticket | None:
    """Return the file of a link; ``None`` if it belongs to another person, was changed, or has expired."""
    try:
        payload = signing.loads(token, salt=SALT, max_age=LINK_SECONDS)
    except signing.BadSignature:
        return None
    if payload["a"] != account.pk.hex:
        return None
    return Ticket(UUID(payload["v"]), bool(payload["i"]))


def take_file(
    membership: Membership, ticket: Ticket, *, vault: Vault, storage: Storage | None = None
) -> OpenFile | None:
    """Return the bytes after checking rights again; log who downloaded them. Raises what ``open_version`` raises."""
    version = _allowed(membership, ticket.version_id)
    if version is None:
        return None
    file = open_version(version, vault=vault, storage=storage)
    if not ticket.inline:  # an inline image was logged with its preview
        note_file_access(membership, Action.FILE_DOWNLOADED, version)
    return file


def open_version(version: FileVersion, *, vault: Vault, storage: Storage | None = None) -> OpenFile:
    """Return the bytes of a version, with a safe name.

    Raises ``FileGone``, ``StorageError`` if the storage doesn't respond, and ``ConfigError`` for another storage.
    """
    storage = storage or open_storage()
    try:
        try:
            sealed = storage.get(version.storage_name)
        except Missing:
            if place.claim(storage) is place.Claim.OTHER:
                raise place.other(storage) from None
            raise FileGone(variant=_future(version)) from None
    except StorageError as error:
        raise StorageError(variant="reading") from error
    return OpenFile(
        content=vault.open(sealed, file_context(version.id)),
        content_type=version.content_type,
        file_name=safe_name(version.attachment.file_name, version.content_type),
    )


def _future(version: FileVersion) -> str:
    """The variant of ``FileGone``: empty if the cleanup has this version downloaded again."""
    attachment = version.attachment
    if attachment.current_version != version.id:
        return "earlier"
    connection = attachment.talent.connection
    fetched = (
        attachment.fetch_status in ("STORED", "PENDING")
        and attachment.talent.excluded_reason is None
        and connection.state == ConnectionState.ACTIVE
        and not are_turned_off(connection)
    )
    return "" if fetched else "not_fetched"


def note_file_access(membership: Membership, action: Action, version: FileVersion) -> None:
    access_log.log_access(
        membership.org,
        action,
        actor=membership.account,
        talent=version.attachment.talent_id,
        subject=f"file:{version.id}",
    )


def safe_name(name: str | None, content_type: str) -> str:
    """Return a name that misleads neither people nor software: no path, and the extension of the actual type.

    >>> safe_name("../../cv.exe", "application/pdf")
    'cv.exe.pdf'
    """
    plain = re.sub(r"[\s.]*\s+[\s.]*", " ", UNSAFE.sub(" ", (name or "")[:MAX_NAME])).strip(" .")[
        :120
    ]
    ending = ENDINGS[content_type]
    suffix = plain.rpartition(".")[2].lower()
    if plain and SAME_ENDING.get(suffix, suffix) == ending and "." in plain:
        return plain
    return f"{plain or 'file'}.{ending}"


def _allowed(membership: Membership, version_id: UUID) -> FileVersion | None:
    role = Role(membership.role)
    if not role.sees_contacts:
        raise NotAllowed
    version = stored_files.shown(membership.org, version_id)
    # A resume contains contact details, so it is withheld when they are.
    if version is not None and version.attachment.talent.withheld and not role.manages:
        raise NotAllowed
    return version
