"""A talent's files: resume and uploads."""

from __future__ import annotations

import mimetypes
import re
from functools import lru_cache

from msgspec import UNSET

from jemmo.connectors.teamtailor.lookups import Inclusions
from jemmo.connectors.teamtailor.wire import CandidateAttributes, Included, Resource
from jemmo.domain.enums import AttachmentKind
from jemmo.domain.records import Attachment
from jemmo.domain.validation import text, utc, web_address

_RESUME_NAME = re.compile(r"\b(cv|resume|résumé|curriculum|lebenslauf)\b|^cv", re.IGNORECASE)


def attachments(
    resource: Resource[CandidateAttributes], included: Inclusions
) -> tuple[Attachment, ...]:
    """Return the resume (the original file, else its PDF rendition) and the uploads.

    Links are signed and valid for a minute, so only the path, which names the object, is compared.
    """
    own = resource.attributes
    files = []
    link = web_address(own.original_resume) or web_address(own.resume)
    if link:
        path = _path(link)
        ending = path.rsplit(".", 1)[-1].lower() if "." in path.rsplit("/", 1)[-1] else "pdf"
        files.append(
            Attachment(
                remote_id="resume",
                kind=AttachmentKind.RESUME,
                file_name=f"resume.{ending}",
                content_type=_content_type(ending),
                remote_version=path if included.lookups.path_is_version else None,
            )
        )
    for key in resource.relationships.uploads.many():
        upload = included.get("uploads", key)
        if upload is not None:
            files.append(_upload(upload))
    return tuple(files)


def lists_all_files(resource: Resource[CandidateAttributes], included: Inclusions) -> bool:
    """Whether the response links the uploads, and includes all of them."""
    uploads = resource.relationships.uploads
    return uploads.data not in (UNSET, None) and all(
        included.get("uploads", key) for key in uploads.many()
    )


def _path(link: str) -> str:
    place = link.partition("#")[0].partition("?")[0].partition("://")[2]
    return "".join(place.partition("/")[1:])


@lru_cache(maxsize=1000)
def _content_type(ending: str) -> str | None:
    return mimetypes.guess_type(f"file.{ending}")[0]


def _upload(upload: Included) -> Attachment:
    own = upload.attributes
    name = text(own.file_name)
    is_resume = bool(name and _RESUME_NAME.search(name.replace("_", " ").replace("-", " ")))
    return Attachment(
        remote_id=f"upload:{upload.id}",
        kind=AttachmentKind.RESUME if is_resume else AttachmentKind.OTHER,
        file_name=name,
        content_type=_content_type(name.rpartition(".")[2].lower()) if name else None,
        remote_updated_at=utc(own.updated_at),
    )
