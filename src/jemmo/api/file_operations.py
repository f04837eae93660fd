"""Operations on files: their facts, and links to download them.

Annotations are evaluated by django-ninja.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.http import content_disposition_header
from msgspec import Struct
from ninja import Path, Query

from jemmo.api import lists, records
from jemmo.api.access import ApiRequest, scope_missing, take_turn
from jemmo.api.document import (
    ConnectionFilter,
    Cursor,
    Fields,
    Limit,
    Since,
    answers_with,
    operation,
    page_schema,
    reference,
)
from jemmo.api.problems import Problem, not_found
from jemmo.domain.tokens import ApiScope
from jemmo.files.storage import StorageError
from jemmo.services.accounts import tokens
from jemmo.services.files import program_files
from jemmo.services.files.program_files import FileLink
from jemmo.services.files.stored_files import FileGone
from jemmo.store.db import scope
from jemmo.store.models import Attachment
from jemmo.store.records.export import KINDS
from jemmo.vault import default_vault

METADATA = (ApiScope.RECORDS, ApiScope.FILES)
CONTENT = (*METADATA, ApiScope.CONTACTS)
"""The scopes that a file's content needs, since a resume contains contact details."""
ORDERS = {"id": lists.by_number(), "-id": lists.by_number(descending=True)}
LONGEST_TICKET = 500  # characters
LOCKED = {
    "Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}
"""Headers that stop anything in a file from running in a browser that opens the link."""
FileId = Annotated[int, Path(ge=0, lt=2**63, description="The file's `id`.")]


class FileRow(Struct, frozen=True, kw_only=True):
    """A talent's file. ``fetch_status`` shows whether Jemmo stores it: ``STORED`` files can be downloaded."""

    id: str
    connection_id: UUID
    talent_id: UUID
    talent_remote_id: str
    remote_id: str
    remote_updated_at: datetime | None
    modified_at: datetime
    kind: str
    file_name: str | None
    content_type: str | None
    size: int | None
    sha256: str | None
    fetch_status: str


answers_with(FileRow, FileLink)


@operation(
    id="list_files",
    fields=FileRow.__struct_fields__,
    address="/files",
    summary="List talents' files",
    description="Returns resumes and other documents, without their content.",
    schema=page_schema(reference("FileRow")),
    scopes=METADATA,
    tag="files",
)
def list_files(
    request: ApiRequest,
    limit: Limit = 100,
    cursor: Cursor = None,
    updated_since: Since = None,
    fields: Fields = None,
    sort: Annotated[
        Literal["id", "-id"], Query(description="The sort order. A leading `-` means newest first.")
    ] = "id",
    connection_id: ConnectionFilter = None,
    talent_id: Annotated[UUID | None, Query(description="Only files of this talent.")] = None,
    fetch_status: Annotated[str | None, Query(description="Only files with this status.")] = None,
) -> HttpResponse:
    rows = lists.narrowed(
        _files(request),
        talent__connection_id=connection_id,
        talent_id=talent_id,
        fetch_status=None if fetch_status is None else fetch_status.replace("\0", ""),
    )
    if updated_since is not None:
        since = records.parse_time("updated_since", updated_since)
        rows = rows.filter(Q(talent__modified_at__gte=since) | Q(fetched_at__gte=since))
    records.log_read(request.token, "talents", begins=cursor is None)
    return lists.page_of_rows(
        "files",
        rows,
        ORDERS,
        sort=sort,
        limit=limit,
        cursor=cursor,
        fields=fields,
        shape=FileRow,
        write=lambda batch: _rows(request, batch),
    )


@operation(
    id="get_file",
    fields=FileRow.__struct_fields__,
    address="/files/{file_id}",
    summary="Get a file's metadata",
    description="Returns the file's name, size, and digest, without its content.",
    schema=reference("FileRow"),
    scopes=METADATA,
    tag="files",
    refusals=(404,),
)
def get_file(request: ApiRequest, file_id: FileId, fields: Fields = None) -> HttpResponse:
    [row] = _rows(request, [_file(request, file_id)])
    records.log_read(request.token, "talents")
    return lists.row_response(row, fields)


@operation(
    id="get_file_link",
    address="/files/{file_id}/link",
    summary="Get a link to download a file",
    description="The link works for 5 minutes without a token.",
    schema=reference("FileLink"),
    scopes=CONTENT,
    tag="files",
    refusals=(404,),
)
def get_file_link(request: ApiRequest, file_id: FileId) -> HttpResponse:
    signed = program_files.sign(request.token, _file(request, file_id), timezone.now())
    if signed is None:
        raise Problem(404, "not_found", variant="file")
    ticket, expires_at = signed
    url = request.build_absolute_uri(reverse("api:download_file", args=[ticket]))
    return records.json_response(FileLink(url=url, expires_at=expires_at))


@operation(
    id="download_file",
    address="/files/content/{ticket}",
    summary="Download a file with its link",
    description="Checks the token's scopes again and records the download in the access log.",
    schema={"type": "string", "format": "binary"},
    content_type="*/*",
    scopes=(),
    tag="files",
    refusals=(403, 404, 429, 503),
)
def download_file(
    request: HttpRequest, ticket: Annotated[str, Path(max_length=LONGEST_TICKET)]
) -> HttpResponse:
    opened = program_files.read_ticket(ticket)
    token = tokens.of_id(opened.token_id, timezone.now()) if opened else None
    if opened is None or token is None:
        raise Problem(404, "not_found", variant="link")
    take_turn(token, writes=False)
    for right in CONTENT:
        if right not in token.scopes:
            raise scope_missing(right)
    with scope.acting_in(tokens.scope_of(token)):
        try:
            file = program_files.take(token, opened.version_id, vault=default_vault())
        except (FileGone, StorageError) as error:
            raise Problem.of(503, error) from None
    if file is None:
        raise Problem(404, "not_found", variant="link")
    answer = HttpResponse(file.content, content_type=file.content_type)
    how = content_disposition_header(as_attachment=True, filename=file.file_name)
    answer["Content-Disposition"] = how or "attachment"
    for name, value in LOCKED.items():
        answer[name] = value
    add_never_cache_headers(answer)
    return answer


def _files(request: ApiRequest) -> QuerySet[Attachment]:
    return KINDS["resumes"].shown(request.token.org)


def _file(request: ApiRequest, file_id: int) -> Attachment:
    file = _files(request).filter(id=file_id).first()
    if file is None:
        raise not_found()
    return file


def _rows(request: ApiRequest, files: Sequence[Any]) -> list[FileRow]:
    rows = records.rows_of(request.token, KINDS["resumes"], list(files), ())
    return [
        FileRow(
            id=str(file.id),
            talent_id=file.talent_id,
            modified_at=max(filter(None, (file.talent.modified_at, file.fetched_at))),
            **row,
        )
        for file, row in zip(files, rows, strict=True)
    ]
