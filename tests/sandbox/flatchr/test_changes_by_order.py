import json
from typing import Any

import pytest
from aiohttp import web

from jemmo.connectors.flatchr.hooks import read_event
from jemmo.sandbox.flatchr.page_faults import PAGE_FAULTS


async def test_orders_take_effect(account: Any) -> None:
    client = await account()
    row = (await client.search())[0]
    await client.control("edit", type="talent", id=row["applicant"], attributes={"score": 9})
    await client.control("move", id=row["applicant"], stage="Entretien RH")
    shown = next(one for one in await client.search() if one["applicant"] == row["applicant"])
    assert (shown["score"], shown["column"], shown["updated_at"]) == (9, "Entretien RH", "05/01/26")
    await client.control("reject", type="application", id=row["applicant"])
    assert row["applicant"] in {one["applicant"] for one in await client.search(status=0)}
    await client.control("delete", type="talent", id=row["applicant"])
    assert row["applicant"] not in await client.truth("applicants")


async def test_a_quiet_edit_leaves_the_date_alone(account: Any) -> None:
    client = await account()
    row = (await client.search())[0]
    before = (await client.truth("applicants"))[row["applicant"]]
    order = {"type": "talent", "id": row["applicant"], "quiet": True}
    await client.control("edit", **order, attributes={"score": 9})
    assert (await client.truth("applicants"))[row["applicant"]] == before | {"score": 9}


async def test_anonymized_people_keep_no_data(account: Any) -> None:
    client = await account()
    row = next(one for one in await client.search() if one["aws"])
    order = {"type": "talent", "id": row["applicant"], "attributes": {"anonym": True}}
    await client.control("edit", **order)
    shown = next(one for one in await client.search() if one["applicant"] == row["applicant"])
    assert (shown["email"], shown["phone"], shown["aws"]) == (None, None, None)
    path = f"COMPANY/files/expire?key={row['aws']['key']}&extension={row['aws']['extension']}"
    assert (await client.ask(path))[0] == 404


async def test_people_jobs_and_columns_are_created(account: Any) -> None:
    client = await account()
    job = (await client.control("create", type="job", attributes={"title": "Neuf"}))["id"]
    stage = (await client.control("create", type="stage", attributes={"title": "Test"}))["id"]
    links = {"job": job, "stage": stage}
    made = (await client.control("create", type="talent", relationships=links))["id"]
    row = next(one for one in await client.search() if one["applicant"] == made)
    assert (row["vacancy"], row["column"]) == ("Neuf", "Test")


@pytest.mark.parametrize(
    "order",
    [
        {"type": "talent", "id": "nobody"},
        {"type": "nonsense", "id": 1},
        {"type": "job", "id": 70101, "attributes": {"nonsense": 1}},
        {"type": "talent", "id": 9000001, "attributes": {"column": "Nowhere"}},
    ],
)
async def test_an_impossible_order_is_refused(account: Any, order: Any) -> None:
    client = await account()
    url = f"{client.server.base_url}/__sandbox__/edit"
    async with client.session.post(url, json=order) as answer:
        assert answer.status == 400


async def test_the_journal_restores_changes(account: Any, tmp_path: Any) -> None:
    journal = tmp_path / "journal.ndjson"
    client = await account(journal=journal)
    made = (await client.control("create", type="talent", attributes={"firstname": "Neu"}))["id"]
    await client.control("delete", type="talent", id=(await client.search())[5]["applicant"])
    again = await account(journal=journal)
    assert await again.truth("applicants") == await client.truth("applicants")
    assert (await again.truth("applicants"))[made]["firstname"] == "Neu"


@pytest.mark.parametrize("shape", ["nested", "flat"])
async def test_webhooks_are_sent_in_one_of_two_shapes(account: Any, shape: str) -> None:
    kept: list[bytes] = []

    async def take(request: web.BaseRequest) -> web.Response:
        kept.append(await request.read())
        return web.Response(status=204)

    runner = web.ServerRunner(web.Server(take))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    client = await account(webhook_url=url, switches={"webhook_shape": shape})
    made = (await client.control("create", type="talent"))["id"]
    await client.control("move", id=made, stage="643")
    await client.control("create", type="job")
    await runner.cleanup()
    assert ("data" in json.loads(kept[0])) is (shape == "nested")
    hints = [read_event(body) for body in kept]
    events = [hint.event for hint in hints if hint]
    assert events == ["new_applicant", "drag_applicant", "new_vacancy"]
    assert hints[0]
    assert hints[0].applicant.encoded == made


@pytest.mark.parametrize("name", sorted(PAGE_FAULTS))
async def test_every_fault_still_gets_a_response(account: Any, name: str) -> None:
    client = await account(talents=60, faults=name)
    await client.search()
    for path in ("columns", "vacancies"):
        assert (await client.ask(f"COMPANY/{path}"))[0] == 200


async def test_an_unknown_switch_is_refused_by_name(account: Any) -> None:
    with pytest.raises(ValueError, match="unknown switch nonsense"):
        await account(switches={"nonsense": 1})
    with pytest.raises(ValueError, match="switch bounds takes"):
        await account(switches={"bounds": "nonsense"})


async def test_a_replaced_resume_has_a_new_key_and_the_old_one_stops_working(
    account: Any,
) -> None:
    client = await account()
    row = next(one for one in await client.search() if (one["aws"] or {}).get("extension") == "pdf")
    await client.control("edit", type="talent", id=row["applicant"], file="Nouveau parcours")
    shown = next(one for one in await client.search() if one["applicant"] == row["applicant"])
    assert shown["aws"]["key"] != row["aws"]["key"]
    path = "COMPANY/files/expire?key={key}&extension={extension}"
    assert (await client.ask(path.format(**row["aws"])))[0] == 404
    status, _, content = await client.ask(path.format(**shown["aws"]))
    assert (status, b"Nouveau parcours" in content) == (200, True)
