from typing import Any

import pytest

LINKS = {"self", "related"}


async def test_linkage_appears_only_when_included(sandbox: Any) -> None:
    client = await sandbox()
    plain = (await client.get("/v1/candidates"))["data"][0]
    assert all(set(rel) == {"links"} for rel in plain["relationships"].values())
    page = await client.get("/v1/candidates?include=job-applications.stage&page[size]=30")
    relations = page["data"][0]["relationships"]
    assert isinstance(relations["job-applications"]["data"], list)
    assert set(relations["uploads"]) == {"links"}
    applications = [r for r in page["included"] if r["type"] == "job-applications"]
    assert all(r["relationships"]["stage"]["data"]["type"] == "stages" for r in applications)
    assert all(set(r["relationships"]["candidate"]) == {"links"} for r in applications)
    keys = [(r["type"], r["id"]) for r in page["included"]]
    assert len(keys) == len(set(keys))


async def test_sparse_fields_drop_relationships_unless_listed(sandbox: Any) -> None:
    client = await sandbox()
    page = await client.get("/v1/candidates?fields[candidates]=email,uploads")
    assert set(page["data"][0]["attributes"]) == {"email"}
    assert set(page["data"][0]["relationships"]) == {"uploads"}


@pytest.mark.parametrize(("version", "new"), [("20210218", False), ("20240904", True)])
async def test_stages_differ_between_versions(sandbox: Any, version: Any, new: Any) -> None:
    client = await sandbox()
    _, headers, page = await client.ask("/v1/stages", X_Api_Version=version)
    stage = page["data"][0]
    assert headers["X-Api-Version"] == version
    assert ("legacy-stage-type-name" in stage["attributes"]) == new
    assert ("stage-type" in stage["attributes"]) != new
    assert ("stage-type" in stage["relationships"]) == new


async def test_related_addresses_agree_with_includes(sandbox: Any) -> None:
    client = await sandbox()
    page = await client.get("/v1/candidates?include=job-applications,uploads&page[size]=30")
    for record in page["data"][:10]:
        for name in ("job-applications", "uploads"):
            relation = record["relationships"][name]
            assert set(relation["links"]) == LINKS
            listed = (await client.get(relation["links"]["related"]))["data"]
            assert [r["id"] for r in listed] == [r["id"] for r in relation["data"]]
            linked = (await client.get(relation["links"]["self"]))["data"]
            assert linked == relation["data"]


async def test_stage_counts_agree_with_the_applications(sandbox: Any) -> None:
    client = await sandbox()
    moved = (await client.get("/v1/job-applications?include=job"))["data"][0]
    job = moved["relationships"]["job"]["data"]["id"]
    stages = (await client.get(f"/v1/jobs/{job}/stages"))["data"]
    await client.control("move", id=moved["id"], stage=stages[1]["id"])
    await client.control("reject", id=moved["id"])
    for stage in (await client.get(f"/v1/jobs/{job}/stages"))["data"]:
        there = await client.walk(f"/v1/stages/{stage['id']}/job-applications")
        rejected = sum(r["attributes"]["rejected-at"] is not None for r in there)
        shown = stage["attributes"]
        assert shown["rejected-job-applications-count"] == rejected
        assert shown["active-job-applications-count"] == len(there) - rejected


async def test_times_have_the_seasonal_offset(sandbox: Any) -> None:
    client = await sandbox(talents=400)
    stamps = {
        r["attributes"]["created-at"] for r in await client.walk("/v1/candidates?page[size]=30")
    }
    assert {stamp[-6:] for stamp in stamps} == {"+01:00", "+02:00"}
    assert all(len(stamp) == len("2024-11-02T09:15:07.412+01:00") for stamp in stamps)


async def test_the_people_are_as_untidy_as_real_ones(sandbox: Any) -> None:
    client = await sandbox(talents=2000)
    people = [r["attributes"] for r in await client.walk("/v1/candidates?page[size]=30")]
    emails = [p["email"] for p in people if p["email"]]
    assert len(set(emails)) < len(emails) < len(people)
    assert any(p["first-name"] is None for p in people)
    assert any((p["last-name"] or "").endswith(" ") for p in people)
    assert {p["pitch"] for p in people} >= {None, ""}
    assert all(email.endswith(("example.com", "example.org", "example.net")) for email in emails)


async def test_one_person_never_applies_twice_to_one_job(sandbox: Any) -> None:
    client = await sandbox(talents=300)
    records = await client.walk("/v1/job-applications?include=job,candidate&page[size]=30")
    pairs = [
        tuple(r["relationships"][n]["data"]["id"] for n in ("job", "candidate")) for r in records
    ]
    assert len(set(pairs)) == len(pairs) == 420
