"""Options that many commands share."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import typer

from jemmo.domain.errors import ConfigError

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object as the last line.")]
Org = Annotated[str, typer.Option("--org", metavar="SLUG", help="The organization's short name.")]
OnlyOrg = Annotated[
    str | None,
    typer.Option("--org", metavar="SLUG", help="Limit the command to this organization."),
]
ConnectionId = Annotated[
    str | None,
    typer.Option(
        "--connection",
        metavar="ID",
        help="Limit the command to this connection. To see connection IDs, run `jemmo status`.",
    ),
]


def uuid_of(text: str, code: str, variant: str = "") -> UUID:
    """An id as it was typed. Raises ``ConfigError`` with this code for any other text."""
    try:
        return UUID(text)
    except ValueError:
        raise ConfigError(code, variant=variant) from None
