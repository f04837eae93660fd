"""Generates the reference pages in docs/ from the code: ``make reference``. Tests check that they are up to date.

In docs/data-model.md only the tables are generated; the meanings of columns are written there manually and kept. The
API's own reference reads them from that page.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any

import django
from msgspec import Struct

from jemmo.api.data_model import TABLE, meanings_of
from jemmo.connectors.base import Connector, Option
from jemmo.connectors.registry import OFFERED
from jemmo.domain.entities import ENTITIES
from jemmo.domain.fields import Field, fields_of

DOCS = Path(__file__).resolve().parent.parent / "docs"

CLI_HEAD = """# Command line

`make reference` generates this page from the commands, and a test fails if this page is out of date.
`jemmo COMMAND --help` shows the same text in the terminal. After `make setup`, the program is at `.venv/bin/jemmo`.

| exit status | meaning |
|---|---|
| 0 | done |
| 2 | incorrect usage |
| 3 | partial: a sync could not prove that it was complete, or `verify` found a difference |
| 4 | you need to take action; the message explains what to do |
| 5 | failed for another reason |
| 130 | stopped by Ctrl-C |

With `--json`, the last line on stdout is always a single JSON object. After an error, this object is
`{"error": {"code", "message", "next_step"}}`.
"""

CONNECTORS_HEAD = """# Connectors

`make reference` generates this page from the connectors' declarations, and a test fails if this page is out of date.
To add an ATS, see [adding a connector](adding-a-connector.md).
"""
CAPABILITIES = (
    ("applications", "applications"),
    ("incremental", "incremental syncs"),
    ("webhooks", "webhooks"),
    ("deletes", "deletions"),
    ("resumes", "resumes"),
    ("stage_history", "stage history"),
    ("custom_fields", "custom fields"),
    ("recent_first", "last 30 days first"),
)

TRIED = {
    "simulator": "simulators only. This connector has not been run against a real account yet.",
    "real account": "a real account.",
}

TYPES = {
    "AutoField": "integer",
    "BigAutoField": "integer",
    "BigIntegerField": "integer",
    "IntegerField": "integer",
    "SmallIntegerField": "integer",
    "FloatField": "number",
    "BooleanField": "boolean",
    "DateTimeField": "time",
    "UUIDField": "UUID",
    "BinaryField": "bytes",
    "SearchVectorField": "search vector",
    "JSONField": "JSON",
    "ErrorField": "JSON",
    "TextsField": "JSON",
    "ReportField": "JSON",
    "TextField": "text",
    "CharField": "text",
}


def setup() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jemmo.settings")
    django.setup()


# --- docs/cli.md


def command_line() -> str:
    import typer.main

    from jemmo.cli.main import COMMANDS, app

    home: Any = typer.main.get_group(app)
    sections = [CLI_HEAD]
    panel = ""
    for name, listed in COMMANDS.items():
        if listed.panel != panel:
            panel = listed.panel
            sections.append(f"## {panel}\n")
        sections += _command((name,), home.get_command(None, name))
    return "\n".join(sections)


def _command(words: tuple[str, ...], command: Any) -> Iterator[str]:
    if hasattr(command, "commands"):
        yield f"### jemmo {' '.join(words)}\n\n{command.help.splitlines()[0]}\n"
        for name in command.list_commands(None):
            yield from _command((*words, name), command.get_command(None, name))
        return
    yield f"{'#' * (len(words) + 2)} jemmo {' '.join(words)}\n\n{_prose(command.help)}\n"
    if words == ("sandbox",):
        yield "For its options, see [the sandbox documentation](../src/jemmo/sandbox/README.md#command-line).\n"
        return
    context = command.make_context("jemmo", [], resilient_parsing=True)
    rows = [row for parameter in command.params if (row := _parameter(parameter, context))]
    if rows:
        yield "| argument or option | meaning |\n|---|---|\n" + "\n".join(rows) + "\n"
    if command.epilog:
        lines = command.epilog.replace("\b", "").strip().splitlines()[1:]
        yield "```sh\n" + "\n".join(line.strip() for line in lines) + "\n```\n"


def _prose(text: str) -> str:
    """Return the paragraphs of a docstring, each on one line."""
    paragraphs = text.replace("\b", "").strip().split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def _parameter(parameter: Any, context: Any) -> str:
    names, text = (parameter.get_help_record(context) or ("", ""))[:2]
    if not names or parameter.name == "help":
        return ""
    shown = re.sub(r"<(int|int range|float)>", "N", " ".join(names.split()))
    shown = re.sub(r" <str>$", "" if names[0] != "-" else " TEXT", shown).replace("|", "\\|")
    return f"| `{shown}` | {_notes(text)} |"


def _notes(text: str) -> str:
    """Return the help text, with the notes that Typer adds in brackets as sentences."""
    help_text, bracket, extra = " ".join(text.split()).partition("[")
    if "default:" not in extra and "required" not in extra:
        help_text, extra = help_text + bracket + extra, ""
    notes = [help_text.strip()]
    for note in extra.rstrip("]").split("; "):
        if note == "required":
            notes.append("Required.")
        elif note.startswith("default: "):
            notes.append(f"Default: `{note.removeprefix('default: ')}`.")
        elif note:
            allowed = re.sub(r"^x>=(.+)$", r"\1 or more", note.replace("<=x<=", " to "))
            notes.append(f"Allowed: `{allowed}`.")
    return " ".join(notes).replace("|", "\\|")


# --- docs/data-model.md


def data_model(page: str) -> str:
    """Return the page with its tables updated from the models.

    Existing meanings are kept; a column without one gets its field's label.
    """
    from django.apps import apps

    models = {
        str(model._meta.db_table): model for model in apps.get_app_config("store").get_models()
    }

    def table(match: re.Match[str]) -> str:
        name, end, rows = match.groups()
        meanings = dict(meanings_of(rows))
        made = _every_table(models, meanings) if name == "all" else _columns(models, name, meanings)
        return f"{name}{end}" + "".join(f"{row}\n" for row in made)

    return TABLE.sub(table, page)


def _every_table(models: dict[str, Any], meanings: dict[str, str]) -> Iterator[str]:
    yield "| table | contents |"
    yield "|---|---|"
    for name in sorted(models):
        yield f"| `{name}` | {meanings.get(name, '')} |"


def _columns(models: dict[str, Any], name: str, meanings: dict[str, str]) -> Iterator[str]:
    """Yield the rows of a table's section, without the columns that all synced tables share."""
    from jemmo.store.models.synced import Synced

    model = Synced if name == "synced" else models[name]
    shared = {"id", "org"} if model is not Synced else set()
    if model is not Synced and issubclass(model, Synced):
        shared |= {field.name for field in Synced._meta.fields}
    yield "| column | type | meaning |"
    yield "|---|---|---|"
    for field in model._meta.fields:
        if field.name not in shared:
            declared = _declared(model, field.name)
            meaning = meanings.get(str(field.column)) or _label(declared)
            kind = _column_type(field, declared and declared.type)
            yield f"| `{field.column}` | {kind} | {meaning} |"


def _column_type(field: Any, declared: Any) -> str:
    if field.remote_field:
        kind = f"→ `{field.remote_field.model._meta.db_table}`"
    elif hasattr(field, "base_field"):
        kind = f"list of {TYPES[type(field.base_field).__name__]}"
    elif isinstance(declared, type) and issubclass(declared, StrEnum):
        kind = " ".join(f"`{value.value}`" for value in declared)
    elif field.choices:
        kind = " ".join(f"`{value}`" for value, _ in field.choices)
    else:
        kind = TYPES[type(field).__name__]
    return f"{kind}, or null" if field.null else kind


def _declared(model: Any, name: str) -> Field | None:
    """Return the field of a canonical record or part that is stored in a column; ``None`` for our own columns."""
    records: dict[str, type[Struct]] = {}
    for entity in ENTITIES.values():
        records |= {entity.table: entity.record}
        records |= {part.table: part.record for part in entity.parts}
    record = records.get(model._meta.db_table)
    declared = fields_of(record) if record else ()
    return next((field for field in declared if field.name == name), None)


def _label(declared: Field | None) -> str:
    label = declared.label.text if declared and declared.label else ""
    return label[:1].lower() + label[1:]


# --- docs/connectors.md


def connectors_page() -> str:
    return "\n".join(
        [
            CONNECTORS_HEAD,
            *_capabilities(),
            *(line for connector in OFFERED for line in _options_of(connector)),
        ]
    )


def _capabilities() -> Iterator[str]:
    yield "| ATS | " + " | ".join(label for _, label in CAPABILITIES) + " |"
    yield "|---" * (len(CAPABILITIES) + 1) + "|"
    for connector in OFFERED:
        marks = [
            "yes" if getattr(connector.capabilities, name) else "–" for name, _ in CAPABILITIES
        ]
        yield f"| [{connector.label}](#{connector.label.lower()}) | " + " | ".join(marks) + " |"
    yield ""
    yield (
        "*Stage history* means that the ATS reports each application's past stages. If an ATS doesn't report them, "
        "Jemmo records the stage changes that it finds from one sync to the next. "
        "*Deletions* are detected by comparing all IDs once a day, and through webhooks if the ATS sends them. "
        "*Last 30 days first* means that the first sync of a large account starts with recent records "
        "([details](how-a-sync-works.md#the-last-30-days-first)). The usual order applies "
        "to older Flatchr accounts, whose rows don't show who is archived, and to Jarvi accounts whose filters don't "
        "work."
    )


def _options_of(connector: Connector) -> Iterator[str]:
    yield f"\n## {connector.label}\n"
    readme = f"../src/jemmo/connectors/{connector.name}/README.md"
    status = f" Status page: {connector.status_page}." if connector.status_page else ""
    yield f"{connector.key_help} Documentation: {connector.docs_url}.{status}"
    if connector.evidence is not None:
        yield f"\n- **Read:** {connector.evidence.reads}"
        yield f"- **Not read:** {connector.evidence.unread}"
        yield f"- **Sources:** {connector.evidence.sure} The [README]({readme}) lists each fact with its source."
        yield f"- **Tested on:** {TRIED[connector.evidence.tried_on]}\n"
    yield "| option | default | allowed | what it does |"
    yield "|---|---|---|---|"
    for option in connector.options:
        if option.own:
            continue
        default = f"`{option.default}`" if option.default else "none"
        yield f"| `{option.name}` | {default} | {_allowed(option)} | {_cell(option.help)} |"


def _allowed(option: Option) -> str:
    if option.choices:
        return ", ".join(f"`{choice}`" for choice in option.choices)
    if option.at_least is not None or option.at_most is not None:
        blank = ", or empty" if option.may_be_blank else ""
        return f"{option.at_least} to {option.at_most}{blank}"
    return "required" if option.required else ""


def _cell(text: object) -> str:
    return str(text).replace("|", "\\|")


if __name__ == "__main__":
    setup()
    (DOCS / "connectors.md").write_text(connectors_page() + "\n")
    (DOCS / "cli.md").write_text(command_line())
    model_page = DOCS / "data-model.md"
    model_page.write_text(data_model(model_page.read_text()))
