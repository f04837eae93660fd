"""`jemmo logs` and `jemmo why`."""

from __future__ import annotations

import pytest
from functional.cli.conftest import Ats, Jemmo

from jemmo.store.models import Talent


@pytest.mark.long
def test_the_log_shows_the_problems_of_a_sync(jemmo: Jemmo, ats: Ats) -> None:
    jemmo.connect(ats)
    ats.server.faults.set("record_without_id")
    jemmo("sync", "--org", "acme")

    found = jemmo("logs", "--org", "acme", "--json").last["entries"]
    assert {one["severity"] for one in found} >= {"rejection"}
    assert all(one["means"] and one["next_step"] for one in found)
    assert [one["at"] for one in found] == sorted((one["at"] for one in found), reverse=True)
    kept_out = jemmo("logs", "--org", "acme", "--severity", "rejection", "--limit", "1")
    assert kept_out.out.count("→") == 1
    assert jemmo("logs", "--org", "acme", "--since", "2999-01-01").out == "Nothing to report.\n"


def test_a_refused_key_is_in_the_log_and_the_key_is_not(jemmo: Jemmo, ats: Ats) -> None:
    jemmo.connect(ats)
    ats.server.faults.set("expired_key=0")
    jemmo("sync", "--org", "acme")

    done = jemmo("logs", "--org", "acme", "--since", "1d")
    assert "key_refused" in done.out
    assert ats.key not in done.out


def test_invalid_options_are_answered_with_the_valid_ones(jemmo: Jemmo, ats: Ats) -> None:
    jemmo.connect(ats)
    for words in (("--since", "yesterday"), ("--severity", "awful")):
        done = jemmo("logs", "--org", "acme", *words)
        assert done.status == 4
        assert "Next step" in done.err


def test_why_a_talent_is_here_or_not(jemmo: Jemmo, ats: Ats) -> None:
    jemmo.connect(ats)
    never = jemmo("why", "--org", "acme", "1", "--json").last["answers"]
    assert [one["reason"] for one in never] == ["never_synced"]

    jemmo("sync", "--org", "acme")
    for excluded, verdict in ((True, "shown"), (False, "excluded")):
        one = Talent.objects.filter(excluded_reason__isnull=excluded).first()
        assert one is not None
        (told,) = jemmo("why", "--org", "acme", one.remote_id, "--json").last["answers"]
        assert (told["verdict"], told["remote_id"]) == (verdict, one.remote_id)
        assert verdict in jemmo("why", "--org", "acme", one.remote_id).out
    (unknown,) = jemmo("why", "--org", "acme", "99999999", "--json").last["answers"]
    assert (unknown["verdict"], unknown["reason"]) == ("never_seen", "read_all")
    line = jemmo("why", "--org", "acme", "99999999").out
    assert line.startswith("Teamtailor: never seen (read_all); all IDs read ")
    assert "last seen" not in line
