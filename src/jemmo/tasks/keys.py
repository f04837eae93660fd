"""After a rotation: everything is sealed again in the background, and old keys go when nothing needs them."""

from __future__ import annotations

from procrastinate.contrib.django import app

from jemmo.files import open_storage
from jemmo.services import keys
from jemmo.services.queue import RESUMES
from jemmo.services.scopes import everywhere
from jemmo.vault import default_vault, keyset_path


@app.periodic(cron="*/10 * * * *", periodic_id="keys")
@app.task(name="finish_rotation", queue="keys", lock="keys", priority=RESUMES)
async def finish_rotation(timestamp: int) -> None:
    """Goes on with what is left, and does nothing when nothing is."""
    await everywhere(_finish)


def _finish() -> None:
    path = keyset_path()
    if keys.is_rotating(path):
        keys.reseal(default_vault(), open_storage())
        keys.retire(path)
