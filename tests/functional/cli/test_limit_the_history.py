"""`jemmo connect --history-years`: what is read, what the output says, and how to change it later."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from functional.cli.conftest import Ats, Jemmo, Open

from jemmo.domain.history import begins_on
from jemmo.store.models import Talent

SINCE = begins_on(1, datetime.now(UTC).date()).isoformat()


@pytest.mark.parametrize("years", ["0", "-1", "1.5", "999", "two", "1 year", "1e3"])
def test_invalid_years_are_refused_with_the_next_step(jemmo: Jemmo, years: str) -> None:
    words = ("connect", "teamtailor", "--org", "acme", "--key-stdin", f"--history-years={years}")
    done = jemmo(*words, stdin="some-key-0123456789\n")
    assert done.status == 4
    assert f"“{years}”" in done.err
    assert "a number from 1 to 30" in done.err
    assert "Traceback" not in done.err


def test_people_cannot_set_the_day_itself(jemmo: Jemmo, ats: Ats) -> None:
    done = jemmo.connect(ats, "--option", "history_from=2020-01-01")
    assert done.last["history_since"] is None


def test_an_ats_without_change_dates_has_no_such_option(jemmo: Jemmo) -> None:
    words = ("connect", "template", "--org", "acme", "--key-stdin", "--history-years", "1")
    done = jemmo(*words, stdin="some-key-0123456789\n")
    assert done.status == 4
    assert "history_years" in done.err


@pytest.mark.long
def test_from_the_first_sync_to_everything(jemmo: Jemmo, open_ats: Open) -> None:
    ats = open_ats(talents=120, seed=11)
    made = jemmo.connect(ats, "--history-years", "1").last
    assert made["history_since"] == SINCE
    older, totals = made["left_out"], made["totals"]
    assert 0 < older["talents"] < totals["talents"]

    assert jemmo.sync().status == 0
    (status,) = jemmo("status", "--json").last["connections"]
    assert status["history"]["since"] == SINCE
    assert f"since {SINCE}" in jemmo("status").out
    assert jemmo.sync("--mode", "reconcile").status == 0
    verdict = jemmo("verify", "--org", "acme", "--json")
    assert verdict.status == 0, verdict
    (told,) = verdict.last["connections"]
    talents = told["streams"]["talents"]
    assert 0 < talents["left_out"] <= older["talents"]
    assert talents["ats"] == talents["jemmo"] + talents["left_out"] == totals["talents"]
    assert "older than the history you chose" in jemmo("verify", "--org", "acme").out

    held = set(Talent.objects.values_list("remote_id", flat=True))
    first = next(one["id"] for one in ats.truth("candidates") if one["id"] not in held)
    (why,) = jemmo("why", "--org", "acme", first, "--json").last["answers"]
    assert (why["verdict"], why["kind"]) == ("left_out", "talents")
    assert f"older than {SINCE}" in jemmo("why", "--org", "acme", first).out

    assert jemmo.connect(ats).last["history_since"] == SINCE, "a new key changes no history"
    assert jemmo.connect(ats, "--history-years", "all").last["history_since"] is None
    done = jemmo.sync().last
    assert (done["mode"], done["status"]) == ("initial", "succeeded")
    assert done["streams"]["talents"]["fetched"] == totals["talents"]
    (told,) = jemmo("verify", "--org", "acme", "--json").last["connections"]
    assert told["equal"]
    assert told["streams"]["talents"]["jemmo"] == totals["talents"]


@pytest.mark.long
def test_a_shorter_history_announces_what_it_hides(jemmo: Jemmo, open_ats: Open) -> None:
    ats = open_ats(talents=120, seed=11)
    jemmo.connect(ats)
    jemmo.sync()
    shown = jemmo("status", "--json").last["connections"][0]["counts"]["talents"]

    words = [*("connect", "teamtailor", "--org", "acme", "--key-stdin", "--history-years", "1")]
    words += ["--base-url", ats.base_url, "--option", "pacing=off"]
    done = jemmo(*words, stdin=ats.key + "\n")
    assert done.status == 4
    assert f"haven't changed in the ATS since {SINCE}, so they would be hidden" in done.err
    assert "--yes" in done.err
    assert jemmo("status", "--json").last["connections"][0]["counts"]["talents"] == shown

    told = done.err
    assert jemmo(*words, "--yes", stdin=ats.key + "\n").status == 0
    (status,) = jemmo("status", "--json").last["connections"]
    hidden = status["history"]["hidden"]
    assert hidden["talents"] == shown - status["counts"]["talents"] > 0
    announced = f"talents: {hidden['talents']:,}; applications: {hidden['applications']:,}"
    assert announced in told, "what rules exclude already is not hidden by the history"
    done = jemmo.sync("--mode", "reconcile")
    assert done.status == 0, done
    assert done.last["error"] is None
    assert jemmo("deletions", "list", "--org", "acme", "--json").last.get("held", []) == []
