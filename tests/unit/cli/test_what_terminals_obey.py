"""Terminals print names from an ATS but never execute control sequences in them."""

from __future__ import annotations

import json

import pytest
from rich.table import Table
from rich.text import Text

from jemmo.cli.output import err, out, print_error, print_json
from jemmo.cli.records.data import _cell

NAME = "\x1b]0;owned\x07\x1b[31mAda\x1b[0m\x9b2J\x7f"


def test_lines_and_tables_contain_no_control_sequences(capsys: pytest.CaptureFixture[str]) -> None:
    table = Table()
    table.add_column(NAME)
    table.add_row(NAME)
    for shown in (NAME, Text(NAME), table):
        out.print(shown, markup=False)
    print_error({"message": NAME, "next_step": NAME})
    told = capsys.readouterr()
    assert "Ada" in told.out
    assert "Ada" in told.err
    for printed in (told.out, told.err):
        assert not any(one in printed for one in "\x1b\x07\x9b\x7f")


def test_json_contains_no_control_sequences(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_json({"name": NAME})
    printed = capsys.readouterr().out
    assert json.loads(printed) == {"name": NAME}
    assert printed.strip().isprintable()


def test_table_cells_contain_no_control_sequences() -> None:
    assert _cell(NAME) == "]0;ownedAda›2J"


def test_our_own_styles_are_kept() -> None:
    for console in (out, err):
        with console.capture() as shown:
            console.print(Text("Ready", style="bold"))
        assert shown.get() == "Ready\n"


@pytest.mark.parametrize(
    "name", ["Acme [/x]", "[link=https://evil.test]Acme[/link]", "A\\[/x]", "[red]Acme"]
)
def test_brackets_in_names_are_not_markup(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    table = Table(name)
    table.add_row(name)
    out.print(name)
    out.print(table)
    print_error({"message": name, "next_step": name})
    printed = capsys.readouterr()
    assert printed.out.count(name) == 3
    assert printed.err.count(name) == 2
