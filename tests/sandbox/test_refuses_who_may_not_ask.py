from typing import Any

import pytest


async def test_the_version_is_checked_before_the_key(sandbox: Any) -> None:
    client = await sandbox()
    status, _, body = await client.ask("/v1/jobs", X_Api_Version=None, Authorization=None)
    assert status == 406
    assert body["errors"][0]["status"] == 406
    assert "20240904" in body["errors"][0]["detail"]


async def test_an_unknown_version_is_refused_unless_any_date_is_taken(sandbox: Any) -> None:
    client = await sandbox()
    assert (await client.ask("/v1/jobs", X_Api_Version="20240601"))[0] == 406
    await client.control("switches", versions="any")
    status, headers, _ = await client.ask("/v1/jobs", X_Api_Version="20240601")
    assert (status, headers["X-Api-Version"]) == (200, "20240404")


@pytest.mark.parametrize("given", [None, "Token token=wrong", "Bearer test-key", "test-key"])
async def test_a_wrong_key_is_refused_with_an_empty_body(sandbox: Any, given: Any) -> None:
    client = await sandbox()
    status, _, body = await client.ask("/v1/jobs", Authorization=given)
    assert (status, body) == (401, b"")


async def test_a_weaker_key_silently_sees_less_or_is_forbidden(sandbox: Any) -> None:
    client = await sandbox(keys={"small": "internal"})
    key = "Token token=small"
    _, _, page = await client.ask("/v1/jobs?filter[status]=all", Authorization=key)
    shown = [job["attributes"] for job in page["data"]]
    assert all(job["created-at"] is None and "tags" not in job for job in shown)
    assert {job["human-status"] for job in shown} <= {"published", "unlisted", "archived"}
    _, _, users = await client.ask("/v1/users", Authorization=key)
    assert "email" not in users["data"][0]["attributes"]
    assert (await client.ask("/v1/candidates", Authorization=key))[0] == 403
    assert (await client.ask("/v1/jobs?include=stages", Authorization=key))[0] == 403


async def test_writing_is_not_allowed(sandbox: Any) -> None:
    client = await sandbox()
    assert (await client.ask("/v1/candidates", method="POST"))[0] == 405
    await client.control("switches", writes="403")
    assert (await client.ask("/v1/candidates", method="DELETE"))[0] == 403


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("filter[nonsense]=1", "102"), ("include=nonsense", "112"), ("include=uploads.x", "112"),
        ("sort=nonsense", "114"), ("fields[candidates]=nonsense", "104"),
        ("page[size]=31", "118"), ("page[number]=0", "118"), ("page[after]=!!", "118"),
    ],
)  # fmt: skip
async def test_an_unknown_parameter_is_a_400_with_its_code(
    sandbox: Any, query: Any, code: Any
) -> None:
    client = await sandbox(switches={"paging": "cursor"})
    status, _, body = await client.ask(f"/v1/candidates?{query}")
    assert (status, body["errors"][0]["code"]) == (400, code)


@pytest.mark.parametrize(
    "path", ["/v1/candidates/1", "/v1/referrals", "/v1/activities", "/v1/x/1/y"]
)
async def test_a_missing_resource_is_a_404(sandbox: Any, path: Any) -> None:
    client = await sandbox()
    status, _, body = await client.ask(path)
    assert (status, body["errors"][0]["title"]) == (404, "Record not found")
