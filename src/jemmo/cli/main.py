"""The `jemmo` command: lists its commands without importing them, and reports every error the same way."""

from __future__ import annotations

import gc
import sys
from collections import defaultdict
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup

from jemmo.cli.examples import examples

if TYPE_CHECKING:  # its classes are Typer's own copy of Click's
    from typer._click import Command, Context, HelpFormatter

STOPPED = 130  # exit status after Ctrl-C


class Listed(NamedTuple):
    """A command in `jemmo --help`. ``help`` repeats the first line of the command's own help."""

    panel: str
    module: str
    help: str


COMMANDS = {
    "up": Listed(
        "Run", "operations.server", "Start the web application, a worker, and the scheduler."
    ),
    "down": Listed(
        "Run", "operations.server", "Stop everything that is still running, including Postgres."
    ),
    "web": Listed("Run", "operations.server", "Run only the web application."),
    "worker": Listed(
        "Run",
        "operations.server",
        "Run a background worker. You can start several workers.",
    ),
    "migrate": Listed("Run", "operations.server", "Update the database tables."),
    "doctor": Listed(
        "Run", "operations.server", "Check the database, keys, storage, and connections."
    ),
    "sandbox": Listed("Run", "connections.sandbox", "Run a simulated ATS on this machine."),
    "connect": Listed("Sync", "connections.connections", "Connect an ATS, or rotate its API key."),
    "sync": Listed("Sync", "sync.syncs", "Sync now, in the foreground."),
    "refresh": Listed("Sync", "records.records", "Refetch one talent or job from the ATS."),
    "schedule": Listed("Sync", "connections.schedule", "Show or change when syncs start."),
    "hooks": Listed("Sync", "webhooks.hooks", "Manage the webhooks that an ATS sends to Jemmo."),
    "deletions": Listed("Sync", "sync.syncs", "List paused deletions, or confirm them."),
    "status": Listed(
        "Inspect",
        "connections.connections",
        "Show the state, syncs, and counts of every connection.",
    ),
    "verify": Listed("Inspect", "sync.syncs", "Compare every record with the ATS."),
    "logs": Listed("Inspect", "records.support", "Show errors and warnings from your syncs."),
    "why": Listed("Inspect", "records.support", "Explain why a record is, or isn't, in Jemmo."),
    "files": Listed("Inspect", "files.files", "Show the text that Jemmo reads from a file."),
    "export": Listed("Inspect", "records.data", "Write the synced records to stdout."),
    "erase": Listed("Privacy", "privacy.privacy", "Permanently erase a person everywhere."),
    "subject-export": Listed(
        "Privacy", "privacy.privacy", "Write one person's data to a ZIP file."
    ),
    "suppressions": Listed("Privacy", "operations.backup", "Write the list of erased records."),
    "org": Listed(
        "Privacy", "accounts.organisations", "Delete an organization, or undo its deletion."
    ),
    "keys": Listed("Keys", "operations.keys", "Show, rotate, or bind keys."),
    "user": Listed("People", "accounts.users", "Manage the people who sign in."),
    "token": Listed("Programs", "accounts.tokens", "Manage API tokens."),
    "endpoint": Listed(
        "Programs",
        "outgoing.endpoints",
        "Manage the webhooks that Jemmo sends to other programs.",
    ),
    "mcp": Listed("Programs", "records.mcp", "Serve an AI assistant over stdin and stdout (MCP)."),
    "backup": Listed(
        "Backups", "operations.backup", "Write the database and the files to a single file."
    ),
    "restore": Listed("Backups", "operations.backup", "Restore a backup completely or not at all."),
}


class Commands(TyperGroup):
    """Imports only the module of the command that runs."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = {
            name: TyperCommand(name, help=listed.help, rich_help_panel=listed.panel)
            for name, listed in COMMANDS.items()
        }

    def get_command(self, ctx: Context | None, cmd_name: str) -> Command | None:
        listed = COMMANDS.get(cmd_name)
        return _load(cmd_name, listed.module) if listed else None

    def format_commands(self, ctx: Context, formatter: HelpFormatter) -> None:
        panels = defaultdict(list)
        for name, command in self.commands.items():
            panels[COMMANDS[name].panel].append((name, command.help or ""))
        width = max(map(len, self.commands))
        for panel, rows in panels.items():
            with formatter.section(panel):
                formatter.write_dl([(name.ljust(width), text) for name, text in rows])

    def invoke(self, ctx: Context) -> Any:
        try:
            return super().invoke(ctx)
        except (KeyboardInterrupt, BrokenPipeError):
            sys.stderr.write("Stopped.\n")
            raise typer.Exit(STOPPED) from None

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Run a command and exit with its status. With ``--json``, errors are objects on stdout too."""
        words = list(sys.argv[1:] if args is None else args) or ["--help"]
        try:
            status = super().main(words, prog_name, standalone_mode=False, **extra)
        except Exception as error:  # noqa: BLE001 - reports every remaining error
            from jemmo.cli.output import report

            status = report(error, json="--json" in words)
        sys.exit(status or 0)


def _load(name: str, module: str) -> Command:
    part = typer.Typer(rich_markup_mode=None)
    part.callback()(lambda: None)  # makes it a group even if the module has only one command
    import_module(f"jemmo.cli.{module}").register(part)
    group = typer.main.get_group(part)
    return group.commands[name]


def _print_version(requested: bool) -> None:
    if requested:
        from importlib.metadata import version

        typer.echo(f"jemmo {version('jemmo')}")
        raise typer.Exit


app = typer.Typer(
    name="jemmo",
    cls=Commands,
    help="Keep a company's recruiting data in sync with its applicant tracking system.",
    epilog=examples(
        "jemmo connect teamtailor --org acme --key-stdin",
        "jemmo sync --org acme",
        "jemmo COMMAND --help",
    ),
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain text loads three times as fast
)


@app.callback()
def root(
    version: Annotated[
        bool,
        typer.Option(
            "--version", is_eager=True, callback=_print_version, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    pass


def run() -> None:
    """The entry point.

    Garbage collection takes a fifth of a short command's time, and imported modules stay loaded anyway. So it is off
    until ``jemmo.bootstrap.setup``.
    """
    gc.disable()
    app()
