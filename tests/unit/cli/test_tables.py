"""Tables at 80 columns, and nouns that agree with their numbers."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from rich.console import Console

from jemmo.cli.output import counted
from jemmo.cli.sync.syncs import _changes, _report_table, _verdict_table
from jemmo.domain.outcomes import Counts, RunReport
from jemmo.domain.streams import Mode, Stream

MANY = 999_999


def shown(table: object) -> str:
    console = Console(width=80)
    with console.capture() as captured:
        console.print(table)
    return captured.get()


def test_a_sync_report_fits_80_columns() -> None:
    names = Counts.__struct_fields__
    full = Counts(**dict.fromkeys(names, MANY))
    report = RunReport(run_id="1", mode=Mode.INITIAL, streams=dict.fromkeys(Stream, full))

    text = shown(_report_table(report))

    assert "…" not in text
    assert set(names) | {one.value for one in Stream} <= set(text.split())
    assert text.count(f"{MANY:,}") == len(names) * len(Stream)


def test_a_verification_fits_80_columns() -> None:
    names = ("ats", "jemmo", "excluded", "rejected", "missing_count", "extra_count", "stale_count")
    one = SimpleNamespace(**dict.fromkeys(names, MANY))

    text = shown(_verdict_table(SimpleNamespace(streams={"reject_reasons": one})))

    assert "…" not in text
    assert "reject_reasons" in text
    assert {"missing", "extra", "stale"} <= set(text.split())


def test_changes_agree_with_their_numbers() -> None:
    streams = {Stream.JOBS: Counts(created=1), Stream.TALENTS: Counts(updated=2)}
    report = RunReport(run_id="1", mode=Mode.INITIAL, streams=streams)

    assert _changes(report) == "3 records changed: 1 job, 2 talents."


@pytest.mark.parametrize(("number", "text"), [(0, "0 files"), (1, "1 file"), (2000, "2,000 files")])
def test_a_noun_agrees_with_its_number(number: int, text: str) -> None:
    assert counted(number, "file") == text
