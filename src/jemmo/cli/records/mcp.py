"""The MCP server for AI assistants."""

from __future__ import annotations

import os
import sys
from functools import partial
from typing import Annotated

import typer

from jemmo.cli.examples import examples
from jemmo.cli.options import Org
from jemmo.cli.startup import start
from jemmo.domain.errors import ConfigError

VARIABLE = "JEMMO_TOKEN"


def register(app: typer.Typer) -> None:
    app.command(
        "mcp",
        epilog=examples(
            "jemmo mcp --org acme",
            "JEMMO_TOKEN=… jemmo mcp --org acme",
            "claude mcp add jemmo -- jemmo mcp --org acme",
        ),
    )(mcp)


def mcp(
    org: Org,
    token_stdin: Annotated[
        bool, typer.Option("--token-stdin", help="Read an API token from the first line of stdin.")
    ] = False,
) -> None:
    """Serve an AI assistant over stdin and stdout (MCP).

    The server is read-only and uses the Model Context Protocol. Without a token, the server shows no contact
    details and no confidential records. With a token (JEMMO_TOKEN or --token-stdin), the server shows whatever the
    token can read.
    """
    secret = _first_line() if token_stdin else os.environ.get(VARIABLE, "")
    start()
    from asgiref.sync import async_to_sync

    from jemmo.mcp.caller import Caller, of_secret
    from jemmo.services.accounts import accounts

    company = accounts.organisation(org)
    caller = partial(of_secret, company, secret) if secret else partial(Caller, org=company)
    caller()  # a refused token ends the command here
    try:
        from jemmo.mcp.server import serve_stdio
    except ImportError as error:
        raise ConfigError("mcp_not_installed") from error
    async_to_sync(serve_stdio)(caller)


def _first_line() -> str:
    """Read byte by byte, because everything after the line belongs to the protocol."""
    line = b""
    while (byte := os.read(sys.stdin.fileno(), 1)) not in {b"", b"\n"} and len(line) < 1000:
        line += byte
    return line.decode(errors="replace").strip()
