import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jemmo.sandbox.flatchr.ids import KINDS, encode, number


@given(st.sampled_from(KINDS), st.integers(0, 10**9))
def test_the_encoded_id_leads_back_to_the_number(kind: str, value: int) -> None:
    code = encode(kind, value)
    assert len(code) == 16
    assert code.isalnum()
    assert number(kind, code) == value
    assert number("user" if kind != "user" else "column", code) in {-1, value}


async def test_a_row_names_its_vacancy_by_number_and_its_column_by_title(account: Any) -> None:
    client = await account()
    row = (await client.search())[0]
    vacancies = {one["vacancy_id"]: one for one in await client.get("COMPANY/vacancies")}
    titles = {one["title"] for one in await client.get("COMPANY/columns")}
    assert vacancies[row["vacancy_id"]]["title"] == row["vacancy"]
    assert row["column"] in titles
    assert len(row["applicant"]) == 16
    assert re.fullmatch(r"\d\d/\d\d/\d\d", row["created_at"])
    assert not {"candidate_id", "column_id", "id"} & set(row)


async def test_dates_are_american_in_queries_and_french_in_responses(account: Any) -> None:
    client = await account()
    row = (await client.search())[40]
    day, month, year = row["created_at"].split("/")
    asked = f"{month}/{day}/{year}"
    found = await client.search(start=asked, end=asked)
    assert row in found
    assert {one["created_at"] for one in found} == {row["created_at"]}
    assert (await client.ask("COMPANY/search/applicants", {"start": "2025-01-01"}))[0] == 422


async def test_archived_applicants_are_found_by_status(account: Any) -> None:
    client = await account()
    truth = await client.truth("applicants")
    active, archived = await client.search(), await client.search(status=0)
    assert {one["applicant"] for one in active + archived} == set(truth)
    assert {one["status"] for one in archived} == {0}
    await client.control("switches", archived_filter="ignored", search_scope="all")
    assert len(await client.search(status=0)) == len(truth)
    await client.control("switches", archived_filter="word", search_scope="active")
    assert len(await client.search(archived=True)) == len(archived)


async def test_the_search_narrows_by_vacancy_column_and_person(account: Any) -> None:
    client = await account()
    everyone = await client.search()
    for vacancy in await client.get("COMPANY/vacancies"):
        found = await client.search(vacancy=vacancy["id"])
        assert all(one["vacancy_id"] == vacancy["vacancy_id"] for one in found)
    parts = [
        await client.search(column=one["title"]) for one in await client.get("COMPANY/columns")
    ]
    assert sum(len(part) for part in parts) == len(everyone)
    mail = next(one["email"] for one in everyone if one["email"])
    assert {one["email"] for one in await client.search(email=mail)} == {mail}
    hired = await client.search(hired="true")
    assert hired == await client.search(hired=True)


async def test_the_cap_truncates_silently(account: Any) -> None:
    client = await account(switches={"search_cap": 10})
    assert len(await client.search()) == 10


@pytest.mark.parametrize("shape", ["dmy", "iso", "epoch", "absent"])
async def test_the_change_date_has_one_of_several_formats(account: Any, shape: str) -> None:
    client = await account(switches={"updated_format": shape})
    found = (await client.search())[0].get("updated_at")
    kinds = {
        "dmy": r"\d\d/\d\d/\d\d",
        "iso": r"[\d-]+T[\d:.]+Z",
        "epoch": r"\d{10}",
        "absent": "None",
    }
    assert re.fullmatch(kinds[shape], str(found))


async def test_bounds_may_not_count(account: Any) -> None:
    client = await account(switches={"bounds": "exclusive"})
    day, month, year = (await client.search())[40]["created_at"].split("/")
    asked = f"{month}/{day}/{year}"
    assert await client.search(start=asked, end=asked) == []


async def test_single_vacancies_and_applicants_have_their_own_shapes(account: Any) -> None:
    client = await account()
    row = (await client.search())[0]
    single = await client.get(f"COMPANY/applicant/{row['applicant']}?fields=candidate")
    assert isinstance(single["created_at"], int)
    assert single["candidate"]["email"] == row["email"]
    assert (await client.get(f"vacancy/{single['vacancy_id']}"))["vacancy_id"] == row["vacancy_id"]
    for code in ("404", "405"):
        await client.control("switches", detail=code)
        assert (await client.ask(f"COMPANY/applicant/{row['applicant']}"))[0] == int(code)


async def test_the_career_site_shows_published_vacancies_without_a_key(account: Any) -> None:
    client = await account(talents=400)
    status, _, body = await client.ask("company/demo-exemple.json", key=None)
    assert status == 200
    assert body["items"]
    assert all(one["vacancy"]["status"] == 1 for one in body["items"])
    assert (await client.ask("company/nobody.json", key=None))[2]["message"].startswith("Not avail")


async def test_keys_are_accepted_in_header_or_address_and_expire(account: Any) -> None:
    client = await account()
    assert (await client.ask("COMPANY/columns", key=None))[0] == 401
    assert (await client.ask("COMPANY/columns?token=test-key", key=None))[0] == 200
    assert (await client.ask("company/other/columns"))[0] == 404
    key = client.server.provider.facts()["jwt_key"]
    assert (await client.ask("COMPANY/columns", key=key))[0] == 200
    await client.control("advance", seconds=366 * 86_400)
    assert (await client.ask("COMPANY/columns", key=key))[0] == 401


async def test_the_account_is_read_only(account: Any) -> None:
    client = await account()
    assert (await client.ask("COMPANY/vacancy/x/applicant/y", method="DELETE"))[0] == 405
    assert (await client.ask("COMPANY/vacancy/x/applicant/y", method="PUT"))[0] == 405


async def test_one_resume_per_second_is_served(account: Any) -> None:
    client = await account(switches={"rate_limit": True, "retry_after": True})
    truth = await client.truth("applicants")
    cv = next(one["cv"] for one in truth.values() if one["cv"])
    path = f"COMPANY/files/expire?key={cv['key']}&extension={cv['extension']}"
    assert (await client.ask(path))[0] == 200
    status, headers, _ = await client.ask(path)
    assert (status, headers["Retry-After"]) == (429, "1")
    await client.control("advance", seconds=1)
    assert (await client.ask(path))[0] == 200


async def test_other_requests_may_be_limited_too(account: Any) -> None:
    client = await account(switches={"rate_limit": True, "api_per_second": 2})
    statuses = [(await client.ask("COMPANY/columns"))[0] for _ in range(3)]
    assert statuses == [200, 200, 429]
