"""`jemmo schedule`: an organization's quiet hours are shown, changed, and stored."""

from __future__ import annotations

import pytest
from functional.cli.conftest import Ats, Jemmo


def test_the_schedule_is_stored_and_shown(jemmo: Jemmo, ats: Ats) -> None:
    jemmo.connect(ats)
    asked = ("schedule", "--org", "acme", "--json")
    assert jemmo(*asked).last == {
        "org": "acme",
        "time_zone": "Europe/Paris",
        "quiet": [],
        "first_sync": "now",
        "off_peak": ["22:00-05:00"],
    }

    done = jemmo(
        *("schedule", "--org", "acme", "--time-zone", "America/New_York"),
        *("--quiet", "mon-fri 08:00-10:00", "--first-sync", "tonight"),
    )

    assert done.status == 0, done
    assert "Changed" in done.out
    told = jemmo(*asked).last
    assert told["time_zone"] == "America/New_York"
    assert told["quiet"] == ["mon,tue,wed,thu,fri 08:00-10:00"]
    assert told["first_sync"] == "tonight"
    assert jemmo("schedule", "--org", "acme", "--no-quiet", "--json").last["quiet"] == []


@pytest.mark.parametrize(
    ("option", "value"), [("--quiet", "all night"), ("--time-zone", "Europe/Atlantis")]
)
def test_invalid_input_is_explained(jemmo: Jemmo, ats: Ats, option: str, value: str) -> None:
    jemmo.connect(ats)
    done = jemmo("schedule", "--org", "acme", option, value)
    assert done.status == 4, done
    assert "Next step" in done.err
    assert "Traceback" not in done.err
