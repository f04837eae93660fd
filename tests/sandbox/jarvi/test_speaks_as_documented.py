import re
from typing import Any

import pytest

BY_CREATION = {"createdAt": "asc"}


async def count(client: Any, where: Any, name: str = "profiles") -> int:
    return int((await client.get(name, where=where))["total"])


async def test_a_page_of_profiles_has_a_hundred_rows_whatever_the_limit(account: Any) -> None:
    client = await account()
    for limit in (1, 100, 500, 1000):
        assert len((await client.get("profiles", limit=limit))["data"]) == 100


async def test_other_lists_follow_the_limit_by_default(account: Any) -> None:
    client = await account(talents=9000)
    assert len((await client.get("projects", limit=1))["projects"]) == 1
    assert len((await client.get("projects", limit=1000))["projects"]) == 150
    await client.control("switches", forced_page="all")
    assert len((await client.get("projects", limit=1000))["projects"]) == 100


async def test_a_large_page_with_an_order_is_an_error(account: Any) -> None:
    client = await account()
    status, _, body = await client.ask("profiles", limit=1000, orderBy=BY_CREATION)
    assert (status, body) == (500, {"message": "Internal server error"})


async def test_the_account_mixes_talents_contacts_and_deleted_people(account: Any) -> None:
    client = await account()
    rows = await client.walk("profiles")
    talents = [row for row in rows if row["isTalent"]]
    assert len([row for row in talents if row["deletedAt"] is None]) == 300
    assert any(row["deletedAt"] for row in talents)
    assert len([row for row in rows if not row["isTalent"]]) == 100
    assert any(row["isTalent"] and row["isContact"] for row in rows)
    assert len({row["id"] for row in rows}) == len(rows)


async def test_the_filter_for_talents_leaks(account: Any) -> None:
    client = await account(talents=3000)
    shown = await client.walk("profiles", where={"isTalent": {"_eq": True}})
    leaked = [row for row in shown if not row["isTalent"]]
    assert 0 < len(leaked) < len(shown) / 50
    await client.control("switches", talent_filter="works")
    assert await count(client, {"isTalent": {"_eq": True}}) == len(shown) - len(leaked)


@pytest.mark.parametrize(
    "where",
    [
        {"deletedAt": {"_is_null": True}},
        {"deletedAt": {"_is_null": False}},
        {"nonsense": {"_eq": 1}},
        {"updatedAt": {"_later": "2999-01-01"}},
        "no json",
    ],
)
async def test_unknown_filters_have_no_effect(account: Any, where: Any) -> None:
    client = await account()
    assert await count(client, where) == await count(client, {})


async def test_unknown_filters_may_count_wrongly_or_be_refused(account: Any) -> None:
    client = await account(switches={"unknown_filter": "wrong"})
    every = await count(client, {})
    assert 0 < await count(client, {"nonsense": {"_eq": 1}}) < every
    await client.control("switches", unknown_filter="refused")
    assert (await client.ask("profiles", where={"updatedAt": {"_later": 1}}))[0] == 400


async def test_known_filters_work(account: Any) -> None:
    client = await account()
    rows = await client.walk("profiles", orderBy=BY_CREATION)
    one, middle = rows[7], sorted(row["updatedAt"] for row in rows)[200]
    assert [r["id"] for r in await client.walk("profiles", where={"id": {"_eq": one["id"]}})] == [
        one["id"]
    ]
    assert await count(client, {"updatedAt": {"_gt": "2999-01-01"}}) == 0
    assert 0 < await count(client, {"updatedAt": {"_gt": middle}}) < len(rows)
    assert await count(client, {"phones": {"_search": "+33600"}}) > 0
    both = {"_and": [{"isTalent": {"_eq": False}}, {"isContact": {"_eq": True}}]}
    assert await count(client, both) == 100


async def test_several_likes_on_companies_are_an_error(account: Any) -> None:
    client = await account()
    likes = {"_or": [{"name": {"_ilike": "%a%"}}, {"website": {"_ilike": "%b%"}}]}
    assert (await client.ask("companies", where=likes))[0] == 500


async def test_sorting_by_creation_works_only_with_its_own_parameter(account: Any) -> None:
    client = await account()
    sent = [row["createdAt"] for row in await client.walk("profiles", orderBy=BY_CREATION)]
    plain = [row["createdAt"] for row in await client.walk("profiles", order_by=BY_CREATION)]
    assert sent != plain
    await client.control("switches", order_param="order_by")
    other = [row["createdAt"] for row in await client.walk("profiles", order_by=BY_CREATION)]
    assert other == sent


async def test_times_have_microseconds_with_zeros_trimmed(account: Any) -> None:
    client = await account()
    times = [row["updatedAt"] for row in await client.walk("profiles")]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:]{8}(\.\d{1,6})?\+00:00", at) for at in times)
    lengths = {len(at.partition(".")[2]) for at in times}
    assert len(lengths) > 3
    assert not any("0+00:00" in at for at in times if "." in at)


async def test_each_envelope_is_supported(account: Any) -> None:
    client = await account()
    assert set(await client.get("projects")) == {"total", "projects"}
    assert set(await client.get("profiles")) == {"total", "data"}
    await client.control("switches", envelope="data")
    assert set(await client.get("projects")) == {"total", "data"}
    await client.control("switches", envelope="bare")
    assert isinstance(await client.get("projects"), list)


async def test_offers_are_open_recruitment_projects(account: Any) -> None:
    client = await account()
    projects = {row["id"]: row for row in await client.walk("projects")}
    offers = (await client.get("offers"))["data"]
    assert offers
    for offer in offers:
        assert projects[offer["id"]]["isMadeForRecruitment"]
        assert projects[offer["id"]]["deletedAt"] is None
        assert {"shortId", "publishedAt", "fieldsValues"} <= offer.keys()
    flags = [
        one["value"]
        for row in projects.values()
        for one in row["fieldsValues"]
        if one["field"]["type"] == "boolean"
    ]
    assert set(flags) == {"true", "false"}


async def test_a_public_key_reads_offers_only(account: Any) -> None:
    client = await account(keys={"pub": "public"})
    assert (await client.ask("offers", key="pub"))[0] == 200
    assert (await client.ask("profiles", key="pub"))[0] == 401
    assert (await client.ask("profiles", key="wrong"))[0] == 401
    await client.control("switches", public_refusal="403", offers_per_day=1)
    assert (await client.ask("projects", key="pub"))[0] == 403
    status, headers, _ = await client.ask("offers", key="pub")
    assert status == 429
    assert int(headers["Retry-After"]) == 12 * 3600


@pytest.mark.parametrize("shape", ["profile", "project", "endpoint"])
async def test_applications_can_be_shown_in_several_shapes(account: Any, shape: str) -> None:
    client = await account(talents=60, switches={"applications": shape})
    told = await client.truth("applications")
    if shape == "endpoint":
        shown = [one["id"] for one in await client.walk("applicants")]
    else:
        rows = await client.walk(f"{shape}s")
        shown = [one["id"] for row in rows for one in row["projectsProfiles"]]
    assert sorted(shown) == sorted(told)


async def test_applications_and_resumes_are_absent_unless_switched_on(account: Any) -> None:
    client = await account(talents=60)
    rows = await client.walk("profiles")
    assert not any({"projectsProfiles", "resumes", "files"} & row.keys() for row in rows)
    assert (await client.ask("applicants"))[0] == 404
    await client.control("switches", resumes="files")
    counted = {row["id"]: row["countResumes"] for row in rows}
    for row in await client.walk("profiles"):
        assert len(row["files"]) == counted[row["id"]]


async def test_files_are_served_if_there_is_an_address(account: Any) -> None:
    client = await account(talents=30, switches={"resumes": "files", "download": "key"})
    file_id = next(iter(await client.truth("resumes")))
    url = f"{client.server.base_url}/v1/files/{file_id}"
    async with client.session.get(url) as answer:
        assert answer.status == 401
    async with client.session.get(url, headers={"X-API-KEY": "test-key"}) as answer:
        assert answer.status == 200
        assert (await answer.read()).startswith(b"%PDF")


async def test_the_same_seed_gives_the_same_account(account: Any) -> None:
    first, second, other = await account(), await account(), await account(seed=4)
    rows = await first.walk("profiles")
    assert rows == await second.walk("profiles")
    assert rows != await other.walk("profiles")


@pytest.mark.parametrize("talents", [0, 1, 29, 30, 31, 777])
async def test_an_account_has_the_requested_number_of_talents(account: Any, talents: int) -> None:
    client = await account(talents=talents)
    rows = (await client.truth("profiles")).values()
    assert sum(row["isTalent"] and row["deletedAt"] is None for row in rows) == talents
