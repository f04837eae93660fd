"""House rules that no other test would catch."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
from fakes.command_line import commands
from typer.testing import CliRunner

import jemmo
from jemmo.cli.main import app
from jemmo.connectors.registry import CONNECTORS

SOURCE = Path(jemmo.__file__).parent
ROOT = SOURCE.parent.parent
TESTS = ROOT / "tests"


def test_packages_import_downwards() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-logo", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("home", "table"),
    [
        ("store/db/task_queue.py", r"procrastinate_\w"),
        ("store/db/leases.py", r"\b(FROM|INTO|UPDATE|JOIN) lease\b"),
    ],
    ids=["queue", "lease"],
)
def test_the_tables_of_queue_and_lease_are_named_in_one_module(home: str, table: str) -> None:
    naming = {
        str(path.relative_to(SOURCE))
        for path in SOURCE.rglob("*.py")
        if "migrations" not in path.parts and re.search(table, path.read_text())
    }

    assert naming == {home}


STATEMENT = re.compile(
    r"\s*(SELECT\s|INSERT INTO\s|UPDATE \w+ SET\s|DELETE FROM\s|WITH \w+ AS|(CREATE|ALTER|DROP) "
    r"(TABLE|ROLE|SCHEMA|EXTENSION|INDEX|FUNCTION)|TRUNCATE\s|COPY\s|(UN)?LISTEN\s|SET (LOCAL|CONSTRAINTS)\s)"
)
SQL_ELSEWHERE = {
    "embedded/checks.py": "checks a server before any table of ours exists",
    "embedded/cluster.py": "creates the bundled server's roles before that server runs",
}


def test_sql_is_in_the_store() -> None:
    files = {str(path.relative_to(SOURCE)): path for path in SOURCE.rglob("*.py")}
    outside = {name: path for name, path in files.items() if not name.startswith("store/")}
    speaking = {name: sorted(set(_sql_lines(path))) for name, path in outside.items()}

    assert {name: lines for name, lines in speaking.items() if lines}.keys() == SQL_ELSEWHERE.keys()


def _sql_lines(path: Path) -> Iterator[int]:
    """Yield the lines with SQL text, cursor calls, or raw ORM queries."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if STATEMENT.match(node.value):
                yield node.lineno
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            runs = node.func.attr in ("execute", "executemany") and bool(node.args)
            if runs or node.func.attr in ("raw", "extra", "copy_expert"):
                yield node.lineno
        elif isinstance(node, ast.Name) and node.id == "RawSQL":
            yield node.lineno


def test_one_module_opens_an_ats() -> None:
    opening = {
        str(path.relative_to(SOURCE))
        for path in (SOURCE / "services").rglob("*.py")
        if re.search(r"\bconnector\.open(_files)?\(", path.read_text())
    }

    assert opening == {"services/base/ats_sessions.py"}


def test_the_sandbox_has_no_import_cycles() -> None:
    """Imports under ``TYPE_CHECKING`` count too."""
    files = {
        ".".join(path.relative_to(SOURCE.parent).with_suffix("").parts): path
        for path in (SOURCE / "sandbox").rglob("*.py")
    }
    imports = {name: {*_imported(path)} & files.keys() for name, path in files.items()}
    assert len(imports) > 50
    list(TopologicalSorter(imports).static_order())  # raises CycleError if there is a cycle


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("words", [words for words, _ in commands()], ids=" ".join)
def test_every_command_has_help(words: tuple[str, ...]) -> None:
    if words == ("sandbox",):
        pytest.skip("a program of its own, which has its own help")
    done = CliRunner().invoke(app, [*words, "--help"])
    assert done.exit_code == 0
    assert "Usage" in done.output
    assert len(done.output.split()) > 15


def test_the_commands_of_the_contract_are_there() -> None:
    found = {" ".join(words) for words, _ in commands()}
    assert {"up", "web", "worker", "down", "sandbox", "connect", "sync", "status"} <= found
    assert {"verify", "export", "doctor", "user add", "deletions release"} <= found


@pytest.mark.parametrize("name", sorted(CONNECTORS))
def test_every_connector_describes_what_it_reads(name: str) -> None:
    readme = (SOURCE / "connectors" / name / "README.md").read_text()
    for option in CONNECTORS[name].options:
        assert f"`{option.name}`" in readme, option.name


@pytest.mark.parametrize("name", sorted(CONNECTORS))
def test_every_connector_describes_what_a_customer_must_do(name: str) -> None:
    connector = CONNECTORS[name]
    assert connector.name == name
    assert connector.key_help
    assert connector.docs_url.startswith("https://")
    assert all(option.help for option in connector.options)


@pytest.mark.parametrize("name", sorted(CONNECTORS))
def test_every_connector_is_in_the_contract_suite(name: str) -> None:
    from contracts.vendors.all import VENDORS

    assert name in {vendor.name for vendor in VENDORS}


@pytest.mark.parametrize("name", sorted(CONNECTORS))
def test_every_connector_has_recordings(name: str) -> None:
    assert list((TESTS / "connectors" / name / "recordings").glob("*.json"))


@pytest.mark.parametrize("room", ["connectors", "pipeline", "rest_client", "store", "domain"])
def test_no_file_is_too_long(room: str) -> None:
    for path in (SOURCE / room).rglob("*.py"):
        if "migrations" not in path.parts:
            assert len(path.read_text().splitlines()) <= 450, path


ADDRESSES = {"urlsplit", "urlparse", "urljoin", "urldefrag"}


def imported(path: Path, module: str) -> set[str]:
    """Return the names that a file imports from a module, anywhere in the file."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module == module:
            found |= {one.name for one in node.names}
        if isinstance(node, ast.Import):
            found |= {"*" for one in node.names if one.name == module}
    return found


def test_addresses_are_parsed_in_one_place() -> None:
    """Most addresses come from others: some are invalid, and some take Python minutes (``may_be_address``)."""
    files = [path for path in SOURCE.rglob("*.py") if "sandbox" not in path.parts]
    names = {str(path.relative_to(SOURCE)): path for path in files}
    apart = {
        name: imported(path, "urllib.parse") & (ADDRESSES | {"*"}) for name, path in names.items()
    }
    assert {name for name, found in apart.items() if found} == {"domain/validation.py"}
    connected = {name for name, path in names.items() if imported(path, "yarl")}
    assert connected == {f"rest_client/{name}.py" for name in ("client", "download", "outward")}
