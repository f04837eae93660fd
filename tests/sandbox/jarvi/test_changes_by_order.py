import json
from typing import Any

import pytest
from aiohttp import web


async def a_talent(client: Any) -> Any:
    rows = await client.truth("profiles")
    return next(key for key, row in rows.items() if row["isTalent"] and row["deletedAt"] is None)


async def test_a_deletion_is_soft_unless_it_is_hard(account: Any) -> None:
    client = await account(talents=60)
    talent = await a_talent(client)
    total = (await client.get("profiles"))["total"]
    await client.control("delete", type="talent", id=talent)
    row = (await client.walk("profiles", where={"id": {"_eq": talent}}))[0]
    assert row["deletedAt"] == row["updatedAt"]
    assert (await client.get("profiles"))["total"] == total
    await client.control("delete", type="talent", id=talent, hard=True)
    assert (await client.get("profiles"))["total"] == total - 1
    assert talent not in await client.truth("profiles")


async def test_deleted_rows_may_be_hidden(account: Any) -> None:
    client = await account(talents=60, switches={"deleted_rows": "hidden"})
    assert not any(row["deletedAt"] for row in await client.walk("profiles"))


async def test_an_edit_updates_the_change_date_unless_it_is_quiet(account: Any) -> None:
    client = await account(talents=60)
    talent = await a_talent(client)
    before = (await client.truth("profiles"))[talent]
    await client.control("edit", type="talent", id=talent, attributes={"headline": "a"}, quiet=True)
    quiet = (await client.truth("profiles"))[talent]
    assert quiet == before | {"headline": "a"}
    await client.control("edit", type="talent", id=talent, attributes={"headline": "b"})
    assert (await client.truth("profiles"))[talent]["updatedAt"].startswith("2026-01-05T12:00:00")


async def test_people_and_projects_are_created(account: Any) -> None:
    client = await account(talents=60)
    talent = (await client.control("create", type="talent", attributes={"firstName": "Neu"}))["id"]
    project = (await client.control("create", type="job", attributes={"isPublished": True}))["id"]
    assert (await client.walk("profiles", where={"id": {"_eq": talent}}))[0]["firstName"] == "Neu"
    assert project in [row["id"] for row in (await client.get("offers"))["data"]]
    made = await client.control(
        "create", type="application", relationships={"candidate": talent, "job": project}
    )
    assert (await client.truth("applications"))[made["id"]]["profileId"] == talent
    assert (await client.truth("profiles"))[talent]["countApplicationsFromThisProfile"] == 1


async def test_a_switch_decides_whether_an_application_updates_its_talent(account: Any) -> None:
    client = await account(talents=60)
    told = await client.truth("applications")
    application, shown = next(iter(told.items()))
    before = (await client.truth("profiles"))[shown["profileId"]]["updatedAt"]
    await client.control("reject", type="application", id=application)
    assert (await client.truth("profiles"))[shown["profileId"]]["updatedAt"] == before
    await client.control("switches", touch_on_links=True)
    await client.control("reject", type="application", id=application)
    assert (await client.truth("profiles"))[shown["profileId"]]["updatedAt"] != before


@pytest.mark.parametrize(
    "order",
    [
        {"type": "talent", "id": "nobody"},
        {"type": "nonsense", "id": "x"},
        {"type": "talent", "attributes": {"nonsense": 1}},
        {"type": "application", "id": "x"},
    ],
)
async def test_an_impossible_order_is_refused(account: Any, order: Any) -> None:
    client = await account(talents=60)
    if "attributes" in order:
        order = {**order, "id": await a_talent(client)}
    url = f"{client.server.base_url}/__sandbox__/edit"
    async with client.session.post(url, json=order) as answer:
        assert answer.status == 400


async def test_the_journal_restores_changes(account: Any, tmp_path: Any) -> None:
    journal = tmp_path / "journal.ndjson"
    client = await account(talents=60, journal=journal)
    talent = await a_talent(client)
    await client.control("edit", type="talent", id=talent, attributes={"headline": "kept"})
    made = await client.control("create", type="talent", attributes={"firstName": "Neu"})
    again = await account(talents=60, journal=journal)
    assert await again.truth("profiles") == await client.truth("profiles")
    assert (await again.truth("profiles"))[made["id"]]["firstName"] == "Neu"


@pytest.mark.parametrize(
    ("shape", "path"),
    [
        ("flat", ("profileId",)),
        ("nested", ("profile", "id")),
        ("deep", ("event", "data", 0, "profile", "id")),
    ],
)
async def test_a_trigger_is_sent_in_one_of_several_shapes(
    account: Any, shape: str, path: Any
) -> None:
    kept: list[Any] = []

    async def take(request: web.BaseRequest) -> web.Response:
        kept.append(json.loads(await request.read()))
        return web.Response(status=204)

    runner = web.ServerRunner(web.Server(take))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    client = await account(talents=60, webhook_url=url, switches={"webhook_shape": shape})
    talent = await a_talent(client)
    told = await client.control("edit", type="talent", id=talent, attributes={"headline": "x"})
    await runner.cleanup()
    found = kept[0]
    for step in path:
        found = found[step]
    assert found == talent
    assert told["webhooks"][0]["status"] == 204


@pytest.mark.parametrize("merged", ["deleted", "gone"])
async def test_a_merged_profile_has_the_data_of_both(account: Any, merged: str) -> None:
    client = await account(talents=60, switches={"merged": merged, "resumes": "files"})
    told = await client.truth("applications")
    old, into, *_ = dict.fromkeys(row["profileId"] for row in told.values())
    projects = {row["projectId"] for row in told.values() if row["profileId"] in {old, into}}
    before = await client.truth("profiles")

    await client.control("merge", type="talent", id=old, into=into)

    after = await client.truth("profiles")
    assert (old in after) == (merged == "deleted")
    if old in after:
        assert after[old]["deletedAt"] is not None
    rows = (await client.truth("applications")).values()
    assert {row["projectId"] for row in rows if row["profileId"] == into} == projects
    assert not [row for row in rows if row["profileId"] == old]
    resumes = before[old]["countResumes"] + before[into]["countResumes"]
    assert after[into]["countResumes"] == resumes
    assert after[into]["updatedAt"] > before[into]["updatedAt"]


async def test_a_profile_cannot_be_merged_into_itself(account: Any) -> None:
    client = await account(talents=60)
    talent = await a_talent(client)
    with pytest.raises(AssertionError):
        await client.control("merge", type="talent", id=talent, into=talent)
