"""The encryption keys."""

from __future__ import annotations

import typer
from rich.table import Table

from jemmo import bootstrap
from jemmo.cli.connections import Json
from jemmo.cli.output import PARTIAL, explained_errors, out, say_json


def register(app: typer.Typer) -> None:
    keys = typer.Typer(help="The keys that API keys, contact details and files are sealed with.")
    keys.command("status")(status)
    keys.command("rotate")(rotate)
    app.add_typer(keys, name="keys")


def status(json: Json = False) -> None:
    """Show the keys by their ids, and how much each of them seals; never a key itself."""
    with explained_errors():
        bootstrap.start()
        from jemmo.services import keys
        from jemmo.vault import keyset_path

        found = keys.status(keyset_path())
        if json:
            say_json(found)
            return
        table = Table("key", "role", "seals")
        for one in found.keys:
            seals = ", ".join(f"{count:,} in {name}" for name, count in one.seals.items())
            table.add_row(one.id, "seals now" if one.is_primary else "opens", seals or "nothing")
        out.print(table)
        form = "encrypted" if found.encrypted else "plain, in a closed file"
        out.print(f"{found.path} ({form})", soft_wrap=True, markup=False)
        if found.left:
            out.print(f"{found.left:,} values are still to be sealed with the newest key.")


def rotate(json: Json = False) -> None:
    """Make a new key and seal everything with it again, while Jemmo runs. Exit status 3 if something is left.

    Broken off, it is enough to wait for the worker, or to run it again.
    """
    with explained_errors():
        bootstrap.start()
        from jemmo.files.choose import open_storage
        from jemmo.services import keys
        from jemmo.vault import keyset_path, open_vault

        path = keyset_path()
        fresh = None if keys.status(path).left else keys.rotate(path)
        told = keys.reseal(open_vault(path, create=False), open_storage())
        after = keys.status(path)
        if json:
            say_json(
                {
                    "new_key": fresh,
                    "resealed": told.done,
                    "unreadable": told.unreadable,
                    "left": after.left,
                }
            )
        else:
            out.print(f"The new key is {fresh}." if fresh else "Going on with the last rotation.")
            counted = ", ".join(f"{count:,} in {name}" for name, count in told.done.items())
            out.print(f"Sealed again: {counted or 'nothing'}.")
            if after.left:
                out.print(f"{after.left:,} values are left; `jemmo keys status` shows them.")
            out.print(
                "The old key goes by itself an hour after nothing needs it. Back up the keyset now."
            )
        raise typer.Exit(PARTIAL if after.left else 0)
