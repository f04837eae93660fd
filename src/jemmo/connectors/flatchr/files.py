"""Fetches one resume, at most one a second whatever else is read."""

from __future__ import annotations

from urllib.parse import quote, urlsplit, urlunsplit

import msgspec
from msgspec import Struct

from jemmo.connectors.base import Config
from jemmo.connectors.flatchr.pausing import pauses
from jemmo.connectors.flatchr.refusals import refusals
from jemmo.connectors.flatchr.resumes import read_answer, resume_pacer, resume_path
from jemmo.connectors.flatchr.settings import read_settings
from jemmo.connectors.flatchr.wire import File
from jemmo.connectors.refusals import Refused
from jemmo.domain.ports import FoundFile, WantedFile
from jemmo.domain.validation import text
from jemmo.rest_client import Hosts, RestClient, download
from jemmo.rest_client.download import too_large

FOUND = frozenset({200, 301, 302, 303, 307, 308})


class _Candidate(Struct, frozen=True):
    aws: File | str | None = None


class _Detail(Struct, frozen=True):
    """One applicant asked for singly; the resume's place is told here or there."""

    aws: File | str | None = None
    cv: File | str | None = None
    candidate: _Candidate | None = None


class FlatchrFiles:
    """Implements ``jemmo.domain.ports.FileSource``."""

    def __init__(self, config: Config) -> None:
        self.settings = read_settings(config)
        self.mode = config.options["cv_response_mode"]
        self.hosts = Hosts.of(config.base_url, config.options["file_hosts"])
        per_minute = int(config.options["cv_per_minute"])
        self.client = RestClient(
            config.base_url,
            headers={"Authorization": f"Bearer {config.api_key}"},
            refuse=refusals(config.api_key),
            pacer=resume_pacer(per_minute) if config.on("pacing") else None,
            connections=1,
            pause=pauses(*self.settings.backoff),
        )

    async def close(self) -> None:
        await self.client.close()

    async def open_file(self, wanted: WantedFile) -> FoundFile | None:
        version = wanted.remote_version or await self._told_singly(wanted.talent_remote_id)
        if version is None:
            return None
        try:
            answer = await self.client.answer(
                resume_path(self.settings.company_id, version), expected=FOUND
            )
        except Refused as error:
            if error.status in {404, 410}:
                return None
            raise
        found = read_answer(answer.status, answer.headers, answer.body, self.mode)
        content = found.content
        if found.link is not None:
            link = self._own_scheme(found.link)
            content = await download(link, self.hosts, max_bytes=wanted.max_bytes)
        if content is None:
            return None
        if len(content) > wanted.max_bytes:
            raise too_large()
        return FoundFile(
            content=content, file_name=version.rsplit("/", 1)[-1], remote_version=version
        )

    async def _told_singly(self, applicant: str) -> str | None:
        """The place of a resume that the list did not name."""
        if not self.settings.expects_resumes:
            return None
        path = f"company/{self.settings.company_id}/applicant/{quote(applicant, safe='')}"
        try:
            found = await self.client.get(path, msgspec.json.Decoder(_Detail).decode)
        except Refused as error:
            if error.status in {404, 405}:
                return None
            raise
        places = (found.aws, found.cv, found.candidate.aws if found.candidate else None)
        file = next((one for one in places if isinstance(one, File) and text(one.key)), None)
        if file is None:
            return None
        return f"{text(file.key)}.{(text(file.extension) or 'pdf').lower().lstrip('.')}"

    def _own_scheme(self, link: str) -> str:
        """A link to the API's own host came without a scheme; it speaks the one we were connected with."""
        ours, theirs = urlsplit(self.client.base_url), urlsplit(link)
        return (
            urlunsplit(theirs._replace(scheme=ours.scheme))
            if ours.netloc == theirs.netloc
            else link
        )
