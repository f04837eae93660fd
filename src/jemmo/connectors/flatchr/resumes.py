"""An applicant's resume as an attachment, identified by its place in Flatchr's storage. Pure."""

from __future__ import annotations

import mimetypes
from urllib.parse import unquote

from msgspec import UNSET, UnsetType

from jemmo.connectors.flatchr.settings import Settings
from jemmo.connectors.flatchr.wire import Applicant, Candidate, File, Place, Resume
from jemmo.domain.enums import AttachmentKind
from jemmo.domain.records import VERSION_UNKNOWN, Attachment
from jemmo.domain.validation import text


def resumes(row: Applicant, settings: Settings, named: str | None) -> tuple[Attachment, ...] | None:
    """Return the resume, located by any property of the row or by a webhook.

    If the row has no such property, there may or may not be a resume. It is then stored as pending until a webhook or a
    request for the single applicant gives its place, or is ``None`` if these requests are off.
    """
    version = resume_version(row)
    if version is UNSET:
        version = named
        if named is None:
            if not settings.expects_resumes:
                return None
            pending = Attachment(
                remote_id="resume", kind=AttachmentKind.RESUME, remote_version=VERSION_UNKNOWN
            )
            return (pending,)
    if version is None:
        return ()
    name = version.rsplit("/", 1)[-1]
    return (
        Attachment(
            remote_id="resume",
            kind=AttachmentKind.RESUME,
            file_name=f"resume{name}" if name.startswith(".") else name,
            content_type=mimetypes.guess_type(name)[0],
            remote_version=version,
        ),
    )


def version_of(key: str | None, extension: str | None) -> str | None:
    """Return a file's place as an attachment's ``remote_version``; ``None`` without a key.

    >>> version_of("candidates/2025/03/1/ada", ".PDF")
    'candidates/2025/03/1/ada.pdf'
    """
    return f"{key}.{(extension or 'pdf').lower().lstrip('.')}" if key else None


def resume_version(answer: Resume) -> str | UnsetType | None:
    """Return the version of the file in a response; ``None`` for no file, ``UNSET`` if the response doesn't say.

    A candidate with neither property has no resume, as in the documented response to archiving.
    """
    places = [answer.aws, answer.cv]
    person = answer.candidate
    if isinstance(person, Candidate):
        is_bare = person.aws is UNSET and person.cv is UNSET
        places += [None] if is_bare else [person.aws, person.cv]
    else:
        places.append(person)
    versions = [version for place in places if (version := _version(place)) is not UNSET]
    return next(filter(None, versions), None) if versions else UNSET


def _version(place: Place) -> str | UnsetType | None:
    """Also reads an address, which ends in the key (starting with ``candidates/``) and the extension."""
    if isinstance(place, File):
        return version_of(text(place.key), text(place.extension))
    if not isinstance(place, str):
        return place
    _, folder, name = unquote(place.partition("?")[0]).partition("candidates/")
    if not name:
        return UNSET if text(place) else None
    return folder + name
