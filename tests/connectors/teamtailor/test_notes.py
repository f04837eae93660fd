"""Teamtailor's notes: optional, read newest first, private ones without their text."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from fakes.company import Company, company

from jemmo.domain import history
from jemmo.domain.outcomes import RunReport, RunStatus
from jemmo.domain.streams import Mode, Stream
from jemmo.sandbox import SandboxServer, run_sandbox

LIMITED = history.dated({history.YEARS: "1"}, {}, datetime.now(UTC).date())


@pytest.fixture
async def ats(request: pytest.FixtureRequest) -> AsyncIterator[SandboxServer]:
    """A company whose ATS has the switches in ``request.param``."""
    switches = {"rate_limit": False, **getattr(request, "param", {})}
    async with run_sandbox("teamtailor", talents=120, switches=switches) as server:
        yield server


async def synced(ats: SandboxServer, database_url: str, **options: str) -> Company:
    there = await company(database_url, base_url=ats.base_url, key=ats.key, options=options)
    await succeeded(there)
    return there


async def succeeded(there: Company, mode: Mode | None = None) -> RunReport:
    report = await there.sync(mode)
    assert report.status is RunStatus.SUCCEEDED, report
    return report


async def somebody_changes(ats: SandboxServer, talent: str) -> None:
    await ats.change("edit", "candidates", talent, attributes={"first-name": "Odile"})


async def bodies(there: Company) -> dict[str, str | None]:
    rows = await there.rows("SELECT remote_id, body FROM note WHERE connection_id = {me}")
    return dict(rows)


async def test_a_note_is_created_changed_and_deleted(ats: SandboxServer, database_url: str) -> None:
    there = await synced(ats, database_url)
    [talent, *_] = sorted(await there.ids(Stream.TALENTS))
    new = await ats.change(
        "create",
        "notes",
        attributes={"note": "<p>Met</p>", "candidate-id": int(talent), "user-id": 3008},
        relationships={"candidate": int(talent)},
    )
    await somebody_changes(ats, talent)
    await succeeded(there)
    assert (await bodies(there))[new] == "<p>Met</p>"

    await ats.change("edit", "notes", new, attributes={"note": "<p>Met twice</p>"})
    await somebody_changes(ats, talent)
    await succeeded(there)
    assert (await bodies(there))[new] == "<p>Met twice</p>"
    linked = await there.rows(
        "SELECT t.remote_id, u.remote_id FROM note n JOIN talent t ON t.id = n.talent_id "
        "JOIN ats_user u ON u.id = n.author_id WHERE n.remote_id = %s",
        new,
    )
    assert linked == [(talent, "3008")]

    await ats.change("delete", "notes", new)
    await succeeded(there, Mode.RECONCILE)
    assert new not in await there.ids(Stream.NOTES)
    assert (await bodies(there))[new] is None


@pytest.mark.parametrize("private_notes", ["off", "on"])
async def test_private_notes_are_stored_without_text_by_default(
    ats: SandboxServer, database_url: str, private_notes: str
) -> None:
    there = await synced(ats, database_url, private_notes=private_notes)

    rows = await there.rows("SELECT body IS NULL FROM note WHERE is_private")

    assert len(rows) > 0
    assert {is_blank for (is_blank,) in rows} == {private_notes == "off"}


@pytest.mark.parametrize("options", [{"notes": "off"}, LIMITED], ids=["off", "limited"])
async def test_notes_can_be_omitted_and_are_with_a_limited_history(
    ats: SandboxServer, database_url: str, options: dict[str, str]
) -> None:
    there = await synced(ats, database_url, **options)

    assert await bodies(there) == {}
    assert not [path for path in ats.site.log.counts if "notes" in path]


async def test_notes_are_requested_after_changes_or_by_a_reconcile(
    ats: SandboxServer, database_url: str
) -> None:
    there = await synced(ats, database_url)
    note = min(await there.ids(Stream.NOTES), key=int)
    await ats.change("edit", "notes", note, attributes={"note": "Later"})
    ats.site.log.reset()

    await succeeded(there)
    assert not [path for path in ats.site.log.counts if "notes" in path]
    await succeeded(there, Mode.RECONCILE)
    assert (await bodies(there))[note] == "Later"


@pytest.mark.parametrize("ats", [{"forbidden": "notes"}, {"missing": "notes"}], indirect=True)
async def test_an_account_without_notes_is_synced(ats: SandboxServer, database_url: str) -> None:
    there = await synced(ats, database_url)

    assert await bodies(there) == {}
    assert await there.ids(Stream.TALENTS)
