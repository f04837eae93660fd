from typing import Any

import pytest

from jemmo.sandbox.faults import TRANSPORT_FAULTS
from jemmo.sandbox.jarvi.page_faults import PAGE_FAULTS


@pytest.mark.parametrize("name", sorted(PAGE_FAULTS))
async def test_every_fault_still_gets_a_response_on_every_list(account: Any, name: str) -> None:
    client = await account(talents=60, faults=name)
    for kind in ("profiles", "projects", "offers", "companies"):
        assert (await client.ask(kind))[0] == 200


@pytest.mark.parametrize("name", ["nulls", "wrong_types", "nasty_text", "bad_dates", "huge"])
async def test_the_same_records_are_spoiled_on_every_read(account: Any, name: str) -> None:
    client = await account(talents=60)
    sound = await client.walk("profiles")
    await client.control("faults", faults=f"{name}=0.3")
    spoilt = await client.walk("profiles")
    assert spoilt == await client.walk("profiles")
    assert 0 < sum(a != b for a, b in zip(sound, spoilt, strict=True)) < len(sound)


async def test_rows_may_be_duplicated_and_counts_wrong(account: Any) -> None:
    client = await account(faults="duplicate_ids")
    first = (await client.get("profiles"))["data"]
    assert (await client.get("profiles", offset=100))["data"][0] == first[-1]
    await client.control("faults", faults="broken_count=-5")
    assert (await client.get("profiles"))["total"] == len(await client.truth("profiles")) - 5


async def test_faults_of_the_transport_are_known(account: Any) -> None:
    for name in TRANSPORT_FAULTS:
        await account(talents=1, faults=f"{name}=0")


async def test_an_unknown_switch_is_refused_by_name(account: Any) -> None:
    with pytest.raises(ValueError, match="unknown switch nonsense"):
        await account(switches={"nonsense": 1})
    with pytest.raises(ValueError, match="switch envelope takes"):
        await account(switches={"envelope": "nonsense"})
