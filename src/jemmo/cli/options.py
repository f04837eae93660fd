"""Options that many commands share."""

from __future__ import annotations

from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object as the last line.")]
Org = Annotated[str, typer.Option("--org", metavar="SLUG", help="The organization's short name.")]
OnlyOrg = Annotated[
    str | None, typer.Option("--org", metavar="SLUG", help="Only this organization.")
]
ConnectionId = Annotated[
    str | None,
    typer.Option(
        "--connection", metavar="ID", help="Only this connection; `jemmo status` shows ids."
    ),
]
