"""Finishes key rotations: re-encrypts everything in the background and deletes keys that are no longer needed."""

from __future__ import annotations

from procrastinate.contrib.django import app

from jemmo.files.choose import open_storage
from jemmo.services.base import lookups
from jemmo.services.base.scopes import run_for_all_orgs
from jemmo.services.operations import keys
from jemmo.services.sync.queue import RESUMES
from jemmo.vault import default_vault, keyset_path


@app.periodic(cron="*/10 * * * *", periodic_id="keys")
@app.task(name="finish_rotation", queue="keys", lock="keys", priority=RESUMES)
async def finish_rotation(timestamp: int) -> None:
    """Continue the re-encryption if anything is left to do."""
    await run_for_all_orgs(_finish)


@app.periodic(cron="*/10 * * * *", periodic_id="contact_hashes")
@app.task(name="note_contact_hashes", queue="keys", lock="contact_hashes", priority=RESUMES)
async def note_contact_hashes(timestamp: int) -> None:
    """Create hashes for people who were read before search by address and number existed."""
    await run_for_all_orgs(lookups.backfill_contact_hashes, default_vault())


def _finish() -> None:
    path = keyset_path()
    if keys.is_rotating(path):
        keys.reseal(default_vault(), open_storage())
        keys.retire(path)
