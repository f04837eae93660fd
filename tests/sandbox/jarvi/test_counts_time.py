from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from jemmo.sandbox.jarvi.budget import Budget, is_business

MONDAY_NOON = 1_767_614_400_000
HOUR = 3_600_000


async def exhaust(client: Any) -> Any:
    while True:
        status, headers, body = await client.ask("profiles")
        if status == 429:
            return headers, body


@pytest.mark.long
async def test_each_hour_allows_five_minutes_of_processing_time(account: Any) -> None:
    client = await account(switches={"rate_limit": True, "time": "accounted"})
    headers, body = await exhaust(client)
    served = client.server.site.log.statuses[200]
    assert 169 <= served <= 224  # pages of 100 profiles in an hour, as measured
    assert body == {"message": "Rate limit exceeded"}
    wait = int(headers["Retry-After"])
    assert 0 < wait <= 3600
    await client.control("advance", seconds=wait)
    assert (await client.ask("profiles"))[0] == 200


async def test_nights_and_weekends_are_free(account: Any) -> None:
    client = await account(switches={"rate_limit": True, "budget_seconds": 3})
    await exhaust(client)
    await client.control("advance", seconds=6 * 3600)  # 18:00
    for _ in range(10):
        await client.get("profiles")
    assert not is_business(MONDAY_NOON - 24 * HOUR)
    assert not is_business(MONDAY_NOON - 6 * HOUR)
    assert is_business(MONDAY_NOON - 5 * HOUR)


async def test_the_wait_is_sent_as_seconds_as_a_date_or_not_at_all(account: Any) -> None:
    client = await account(switches={"rate_limit": True, "budget_seconds": 3})
    await exhaust(client)
    await client.control("switches", retry_after="date")
    headers, _ = await exhaust(client)
    assert parsedate_to_datetime(headers["Retry-After"]).hour == 13
    await client.control("switches", retry_after="absent")
    headers, _ = await exhaust(client)
    assert "Retry-After" not in headers


def test_the_budget_is_renewed_every_clock_hour() -> None:
    budget = Budget(allowed_ms=1000, rolling=False)
    budget.charge(MONDAY_NOON + 59 * 60_000, 1000)
    assert budget.wait_s(MONDAY_NOON + 59 * 60_000) == 60
    assert budget.wait_s(MONDAY_NOON + HOUR) == 0


def test_night_usage_counts_only_if_switched_on() -> None:
    seven = MONDAY_NOON - 5 * HOUR
    for counts in (False, True):
        budget = Budget(allowed_ms=1000, night_counts=counts)
        budget.charge(seven - 60_000, 5000)
        assert (budget.wait_s(seven) > 0) is counts
