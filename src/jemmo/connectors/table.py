"""Generates docs/connectors.md from the declarations: ``python -m jemmo.connectors.table``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from jemmo.connectors.base import Connector
from jemmo.connectors.registry import OFFERED

HEAD = """# Connectors

`make reference` generates this page from the connectors' declarations, and a test fails if it is out of date.
To add an ATS, see [adding a connector](adding-a-connector.md).
"""
COLUMNS = (
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


def page() -> str:
    return "\n".join(
        [HEAD, *_capabilities(), *(line for connector in OFFERED for line in _options(connector))]
    )


def _capabilities() -> Iterator[str]:
    yield "| ATS | " + " | ".join(label for _, label in COLUMNS) + " |"
    yield "|---" * (len(COLUMNS) + 1) + "|"
    for connector in OFFERED:
        marks = ["yes" if getattr(connector.capabilities, name) else "–" for name, _ in COLUMNS]
        yield f"| [{connector.label}](#{connector.label.lower()}) | " + " | ".join(marks) + " |"
    yield ""
    yield (
        "*Stage history* means that the ATS reports the history of stages. If it doesn't, Jemmo records the changes "
        "between syncs. "
        "*Deletions* are detected by comparing all IDs once a day, and through webhooks if the ATS sends them. "
        "*Last 30 days first* means that the first sync of a large account starts with recent records "
        "([details](how-a-sync-works.md#the-last-30-days-first)). It does not apply to older Flatchr accounts, whose "
        "rows don't show who is archived, or to Jarvi accounts whose filters don't work."
    )


def _options(connector: Connector) -> Iterator[str]:
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


def _allowed(option: Any) -> str:
    if option.choices:
        return ", ".join(f"`{choice}`" for choice in option.choices)
    if option.at_least is not None or option.at_most is not None:
        blank = ", or empty" if option.may_be_blank else ""
        return f"{option.at_least} to {option.at_most}{blank}"
    return "needed" if option.required else ""


def _cell(text: object) -> str:
    return str(text).replace("|", "\\|")


if __name__ == "__main__":
    print(page())  # noqa: T201 - this is what it is for
