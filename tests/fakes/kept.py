"""Gives talents of the showcase files, as if they had been fetched."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from pathlib import Path

from jemmo.domain.ports import FoundFile, WantedFile
from jemmo.files.folder import FolderStorage
from jemmo.files.limits import max_bytes
from jemmo.services.base.lookups import lookup_key_by
from jemmo.services.files import download
from jemmo.store.db.postgres import connect
from jemmo.store.files import fetch_queue as store
from jemmo.store.models import Attachment, FileVersion, Talent
from jemmo.vault import default_vault


class InMemory:
    """A ``FileSource`` that returns this content for every file."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    async def open_file(self, attachment: WantedFile) -> FoundFile | None:
        return FoundFile(content=self.content, remote_version=attachment.remote_version)

    @property
    def requests(self) -> int:
        return 0

    async def close(self) -> None:
        return None


def keep(database_url: str, talent: Talent, content: bytes, folder: Path) -> Attachment:
    """Store this content in a folder as the talent's first file, through the real download code."""
    Attachment.objects.filter(talent=talent).update(fetch_status="PENDING")
    with ThreadPoolExecutor(1) as pool:  # Playwright runs an event loop in the main thread
        work = _keep(database_url, talent, content, folder)
        pool.submit(copy_context().run, asyncio.run, work).result()
    found = Attachment.objects.filter(talent=talent).order_by("id").first()
    assert found is not None
    return found


async def _keep(database_url: str, talent: Talent, content: bytes, folder: Path) -> None:
    async with connect(database_url) as db:
        vault = default_vault()
        bench = download.DownloadContext(
            db=db,
            source=InMemory(content),
            storage=FolderStorage(folder),
            vault=vault,
            key=await lookup_key_by(db, vault),
            limit=max_bytes(),
        )
        for one in await store.due(db, talent.connection_id, limit=100):
            if one.talent_id == talent.id:
                await download._download_file(bench, one)


def version_of(attachment: Attachment) -> FileVersion:
    return FileVersion.objects.get(
        attachment=attachment, state="stored", id=attachment.current_version or ""
    )
