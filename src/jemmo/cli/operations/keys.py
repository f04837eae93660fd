"""The encryption keys."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from jemmo.cli.examples import examples
from jemmo.cli.options import Json
from jemmo.cli.output import PARTIAL, answer, out, print_json, table
from jemmo.cli.startup import start
from jemmo.domain.errors import ConfigError


def register(app: typer.Typer) -> None:
    keys = typer.Typer(help="Show, rotate, or bind keys.")
    keys.command("status", epilog=examples("jemmo keys status"))(status)
    keys.command("rotate", epilog=examples("jemmo keys rotate"))(rotate)
    keys.command("bind", epilog=examples("jemmo keys bind"))(bind)
    app.add_typer(keys, name="keys")


def status(json: Json = False) -> None:
    """Show the key IDs and how many values each key encrypts."""
    start()
    from jemmo.services.operations import keys
    from jemmo.vault import keyset_path

    report = keys.status(keyset_path())
    if json:
        print_json(report)
        return
    shown = table("key", "role", "seals")
    for key in report.keys:
        seals = ", ".join(f"{count:,} in {name}" for name, count in key.seals.items())
        shown.add_row(key.id, "seals now" if key.is_primary else "opens", seals or "nothing")
    out.print(shown)
    form = "encrypted" if report.encrypted else "unencrypted, in a file that only you can read"
    out.print(f"{report.path} ({form})", soft_wrap=True, markup=False)
    if report.left:
        out.print(f"Values not yet encrypted with the newest key: {report.left:,}.")


def bind(
    yes: Annotated[bool, typer.Option("--yes", help="Skip the confirmation.")] = False,
    json: Json = False,
) -> None:
    """Bind API keys stored by Jemmo 0.1.0 or older to their addresses.

    The command lists each connection whose address isn't the ATS's default. Check these addresses, because Jemmo will
    send the keys to them.
    """
    start()
    from jemmo.services.base import api_keys
    from jemmo.vault import default_vault

    vault = default_vault()
    connections = api_keys.unbound(vault)
    for connection in connections if not json else ():
        out.print(
            f"{connection.org.slug}  {connection.provider}  {connection.id}  {connection.base_url}",
            markup=False,
            soft_wrap=True,
        )
    if connections and not yes and not (sys.stdin.isatty() and typer.confirm("Right?", err=True)):
        raise ConfigError("not_confirmed")
    bound = api_keys.bind_to_addresses(connections, vault)
    answer({"bound": bound}, f"API keys bound to their addresses: {bound:,}.", json=json)


def rotate(json: Json = False) -> None:
    """Create a new key and re-encrypt everything with it.

    Jemmo can keep running during the rotation. If the rotation is interrupted, a worker completes it, or you can run
    the command again. The exit status is 0 if the rotation is complete, and 3 if some values remain.
    """
    start()
    from jemmo.files.choose import open_storage
    from jemmo.services.operations import keys
    from jemmo.vault import keyset_path, open_vault

    path = keyset_path()
    fresh = None if keys.status(path).left else keys.rotate(path)
    summary = keys.reseal(open_vault(path, create=False), open_storage())
    after = keys.status(path)
    if json:
        print_json(
            {
                "new_key": fresh,
                "resealed": summary.done,
                "unreadable": summary.unreadable,
                "left": after.left,
            }
        )
    else:
        out.print(f"The new key is {fresh}." if fresh else "Continuing the last rotation.")
        counted = ", ".join(f"{count:,} in {name}" for name, count in summary.done.items())
        out.print(f"Re-encrypted: {counted or 'nothing'}.")
        if after.left:
            out.print(f"Values left: {after.left:,}. To see them, run `jemmo keys status`.")
        out.print(
            "The old key is deleted automatically an hour after it is no longer needed. Back up the keyset now."
        )
    raise typer.Exit(PARTIAL if after.left else 0)
