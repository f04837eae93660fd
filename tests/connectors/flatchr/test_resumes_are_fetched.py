"""Resumes located by the list, by a webhook, or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from connectors.flatchr.conftest import Connect
from fakes.company import Company, in_thread
from fakes.hooks import hooked

from jemmo.domain.streams import Mode
from jemmo.files.folder import FolderStorage
from jemmo.sandbox.flatchr.frame import FIRST_APPLICANT
from jemmo.sandbox.flatchr.ids import encode
from jemmo.sandbox.flatchr.vacancies import COMPANY
from jemmo.services.connections import status
from jemmo.services.files.download import DownloadSummary, download_files
from jemmo.vault import default_vault

TALENTS = 12
OPTIONS = {"company_id": str(COMPANY["id"]), "backoff": "0-0", "pacing": "off"}
UNTOLD = {"cv_in_row": "absent", "detail": "404", "cv_key": "token"}
NADIA = encode("applicant", FIRST_APPLICANT + TALENTS)
CV = {"key": f"candidates/2026/01/00000000-0000-4000-8000-{TALENTS:012d}/nadia", "extension": "pdf"}


@pytest.fixture
def storage(tmp_path: Path) -> FolderStorage:
    return FolderStorage(tmp_path)


async def fetched(company: Company, storage: FolderStorage) -> DownloadSummary:
    return await download_files(
        company.id, database_url=company.database_url, vault=default_vault(), storage=storage
    )


async def files(company: Company) -> dict[tuple[str, str | None], int]:
    """Return the number of files by state and reason."""
    rows = await company.rows(
        "SELECT f.fetch_status, f.reason, count(*) FROM attachment f JOIN talent t "
        "ON t.id = f.talent_id WHERE t.connection_id = {me} GROUP BY 1, 2"
    )
    return {(row[0], row[1]): row[2] for row in rows}


async def of_nadia(company: Company) -> tuple[Any, ...]:
    found = await company.rows(
        "SELECT f.fetch_status, f.remote_version FROM attachment f JOIN talent t "
        "ON t.id = f.talent_id WHERE t.remote_id = %s",
        NADIA,
    )
    return tuple(found[0])


@pytest.mark.long
async def test_a_resume_is_fetched_by_the_key_of_its_webhook_and_stays(
    database_url: str, storage: FolderStorage
) -> None:
    async with hooked(
        database_url, "flatchr", options=OPTIONS, switches=UNTOLD, talents=TALENTS
    ) as found:
        made = await found.sandbox.change(
            "create", "applicants", attributes={"lastname": "Nadia", "cv": CV}
        )
        assert made == NADIA
        await found.drain()
        await fetched(found.company, storage)
        assert await of_nadia(found.company) == ("STORED", f"{CV['key']}.pdf")

        for mode in (Mode.INCREMENTAL, Mode.RECONCILE, Mode.INITIAL):
            await found.sandbox.change("edit", "applicants", NADIA, attributes={"lastname": mode})
            await found.company.sync(mode)
            assert await of_nadia(found.company) == ("STORED", f"{CV['key']}.pdf")


async def test_a_resume_that_nothing_names_stays_pending(
    connect: Connect, storage: FolderStorage
) -> None:
    sandbox, company = await connect(switches=UNTOLD, talents=TALENTS)
    await company.sync()
    sandbox.site.log.reset()
    turn = await fetched(company, storage)
    assert turn.error is None
    found = await files(company)
    assert found.pop(("PENDING", "file_not_told")) > 0
    assert set(found) <= {("PENDING", None)}, "of people whom a rule hides nothing is fetched"
    assert sandbox.site.log.counts.total() == 3, "an account without the route is asked three times"

    sandbox.provider.switch({"detail": "on"})
    await company.rows("UPDATE attachment SET next_try_at = NULL RETURNING 1")
    await fetched(company, storage)
    states = {status for status, _ in await files(company)}
    assert states == {"STORED", "GONE", "PENDING"}, (
        "who has no resume is told by the single applicant"
    )


async def test_a_refused_key_stays_in_the_status_until_a_file_arrives(
    connect: Connect, storage: FolderStorage
) -> None:
    sandbox, company = await connect(talents=TALENTS)
    await company.sync()

    async def shown() -> tuple[str, Any]:
        def work() -> tuple[str, Any]:
            [one] = status.overview()
            return one.colour, (one.files_error or {}).get("code")

        return await in_thread(work)

    assert await shown() == ("green", None)
    sandbox.faults.set("expired_key=1")
    await fetched(company, storage)
    assert await shown() == ("red", "key_refused")
    sandbox.faults.set("")
    await fetched(company, storage)  # the retry isn't due yet
    assert await shown() == ("red", "key_refused")
    await company.sync()  # due immediately, since the key works again
    assert await shown() == ("yellow", "key_refused")
    await company.rows("UPDATE attachment SET next_try_at = NULL RETURNING 1")
    await fetched(company, storage)
    assert await shown() == ("green", None)


@pytest.mark.long
async def test_a_resume_replaced_in_the_ats_is_fetched_again(
    database_url: str, storage: FolderStorage
) -> None:
    async with hooked(database_url, "flatchr", options=OPTIONS, talents=TALENTS) as found:
        made = await found.sandbox.change(
            "create", "applicants", attributes={"lastname": "Nadia", "cv": CV}
        )
        assert made == NADIA
        await found.company.sync()
        await fetched(found.company, storage)
        before = await of_nadia(found.company)

        await found.sandbox.change("edit", "applicants", NADIA, file="Nouveau parcours")
        await found.company.sync()
        await fetched(found.company, storage)

        after = await of_nadia(found.company)
        assert (before[0], after[0]) == ("STORED", "STORED")
        assert after[1] != before[1]
