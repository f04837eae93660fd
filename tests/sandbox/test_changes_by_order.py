import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from aiohttp import web


@pytest.fixture
async def receiver() -> Any:
    """A webhook receiver that stores the requests it receives."""
    kept: list[tuple[dict[str, str], bytes]] = []

    async def take(request: web.BaseRequest) -> web.Response:
        kept.append((dict(request.headers), await request.read()))
        return web.Response(status=204)

    runner = web.ServerRunner(web.Server(take))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/hook", kept
    await runner.cleanup()


async def truth(client: Any, kind: Any) -> Any:
    async with client.session.get(f"{client.server.base_url}/__sandbox__/truth/{kind}") as answer:
        lines = (await answer.text()).splitlines()
    return {record["id"]: record for record in map(json.loads, lines)}


async def some(client: Any, kind: Any = "candidates") -> Any:
    return (await client.get(f"/v1/{kind}"))["data"][0]["id"]


async def test_the_truth_is_what_the_api_shows(sandbox: Any) -> None:
    client = await sandbox()
    await client.control(
        "edit", type="candidates", id=await some(client), attributes={"pitch": "x"}
    )
    await client.control(
        "delete", type="candidates", id=(await client.get("/v1/candidates"))["data"][3]["id"]
    )
    told = await truth(client, "candidates")
    shown = await client.walk("/v1/candidates?include=job-applications&page[size]=30")
    assert list(told) == [record["id"] for record in shown]
    for record in shown:
        links = [r["id"] for r in record["relationships"]["job-applications"]["data"]]
        assert told[record["id"]]["relationships"]["job-applications"] == links
        assert told[record["id"]]["attributes"].items() >= record["attributes"].items()


async def test_deleting_a_talent_deletes_their_applications(sandbox: Any) -> None:
    client = await sandbox()
    application = (await client.get("/v1/job-applications?include=candidate"))["data"][0]
    talent = application["relationships"]["candidate"]["data"]["id"]
    await client.control("delete", type="candidates", id=talent)
    assert (await client.ask(f"/v1/candidates/{talent}"))[0] == 404
    assert (await client.ask(f"/v1/job-applications/{application['id']}"))[0] == 404
    assert talent not in await truth(client, "candidates")


async def test_a_new_talent_applies_to_a_new_job(sandbox: Any) -> None:
    client = await sandbox()
    talent = (
        await client.control("create", type="candidate", attributes={"email": "n@example.org"})
    )["id"]
    job = (await client.control("create", type="job", attributes={"title": "Neu"}))["id"]
    made = await client.control(
        "create", type="application", relationships={"candidate": talent, "job": job}
    )
    shown = await client.get(f"/v1/job-applications/{made['id']}?include=candidate,job,stage")
    relations = shown["data"]["relationships"]
    assert relations["candidate"]["data"]["id"] == talent
    stages = (await client.get(f"/v1/jobs/{job}/stages"))["data"]
    assert relations["stage"]["data"]["id"] == stages[0]["id"]
    assert [r["id"] for r in (await client.get(f"/v1/jobs/{job}/candidates"))["data"]] == [talent]
    assert (await client.walk(f"/v1/candidates/{talent}/job-applications"))[0]["id"] == made["id"]


@pytest.mark.parametrize(
    "order",
    [
        {"type": "candidates", "id": 1}, {"type": "nonsense", "id": 1}, {},
        {"type": "candidates", "attributes": {"nonsense": 1}},
    ],
)  # fmt: skip
async def test_an_impossible_order_is_refused(sandbox: Any, order: Any) -> None:
    client = await sandbox()
    if "attributes" in order:
        order = {**order, "id": await some(client)}
    url = f"{client.server.base_url}/__sandbox__/edit"
    async with client.session.post(url, json=order) as answer:
        assert answer.status == 400


async def test_a_quiet_edit_leaves_updated_at_alone(sandbox: Any) -> None:
    client = await sandbox()
    before = (await client.get("/v1/candidates"))["data"][0]
    await client.control(
        "edit", type="candidates", id=before["id"], attributes={"tags": ["x"]}, quiet=True
    )
    after = (await client.get(f"/v1/candidates/{before['id']}"))["data"]["attributes"]
    assert after == {**before["attributes"], "tags": ["x"]}


async def test_the_journal_restores_changes(sandbox: Any, tmp_path: Any) -> None:
    journal = tmp_path / "journal.ndjson"
    client = await sandbox(journal=journal)
    record = await some(client)
    await client.control("edit", type="candidates", id=record, attributes={"pitch": "kept"})
    await client.control("delete", type="jobs", id=await some(client, "jobs"))
    made = await client.control("create", type="candidates", attributes={"first-name": "Neu"})
    again = await sandbox(journal=journal)
    for kind in ("candidates", "jobs", "job-applications", "stages"):
        first, second = await truth(client, kind), await truth(again, kind)
        assert list(first) == list(second)
    assert (await truth(again, "candidates"))[record]["attributes"]["pitch"] == "kept"
    assert (await again.control("create", type="candidates"))["id"] > made["id"]


def digits(key: Any, text: Any) -> Any:
    return hmac.new(key, text, hashlib.sha256).hexdigest()


async def test_a_v2_webhook_signs_time_and_body(sandbox: Any, receiver: Any) -> None:
    url, kept = receiver
    client = await sandbox(webhook_url=url)
    record = await some(client)
    told = await client.control(
        "edit", type="candidates", id=record, attributes={"email": "a@example.org"}
    )
    assert told["webhooks"] == [{"event": "candidate.update", "id": record, "status": 204}]
    headers, body = kept[0]
    stamp, _, signature = base64.b64decode(headers["TT-Signature"]).decode().partition(",v2=")
    assert signature == digits(b"webhook-key", stamp.removeprefix("t=").encode() + b"." + body)
    data = json.loads(body)["payload"]
    assert (data["event_name"], data["data"]["id"]) == ("candidate.update", record)


async def test_a_v1_flat_webhook_signs_the_id_alone(sandbox: Any, receiver: Any) -> None:
    url, kept = receiver
    client = await sandbox(
        webhook_url=url, switches={"webhook_version": "v1", "webhook_shape": "flat"}
    )
    record = await some(client, "jobs")
    await client.control("delete", type="jobs", id=record)
    body = json.loads(kept[0][1])
    assert (body["event_name"], body["id"]) == ("job.destroy", int(record))
    expected = base64.b64encode(digits(b"webhook-key", record.encode()).encode()).decode()
    assert body["signature"] == kept[0][0]["TT-Signature"] == expected


async def test_unwatched_fields_fire_nothing(sandbox: Any, receiver: Any) -> None:
    url, kept = receiver
    client = await sandbox(webhook_url=url)
    await client.control(
        "edit", type="candidates", id=await some(client), attributes={"tags": ["a"]}
    )
    assert kept == []
