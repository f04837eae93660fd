"""Making and restoring backups."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jemmo.cli.examples import examples
from jemmo.cli.options import Json
from jemmo.cli.output import counted, err, out, print_json
from jemmo.cli.startup import start
from jemmo.domain.spans import utc_text

if TYPE_CHECKING:  # models can be imported only once Django is set up
    from jemmo.services.operations.backups import Made


def register(app: typer.Typer) -> None:
    app.command("backup", epilog=examples("jemmo backup --to /var/backups/jemmo"))(backup)
    app.command(
        "restore", epilog=examples("jemmo restore --from jemmo-20260301-120000.tar --replace")
    )(restore)
    app.command("suppressions", epilog=examples("jemmo suppressions --to erased.jsonl"))(
        suppressions
    )


def backup(
    to: Annotated[
        Path,
        typer.Option(
            "--to",
            help="The file to write, or a folder. In a folder, the file is named after the current time.",
        ),
    ],
    files: Annotated[
        bool | None,
        typer.Option(
            "--files/--no-files",
            help="Include the contents of files. By default, a backup includes the files in "
            "a folder, but only a list of the files in a bucket.",
        ),
    ] = None,
    with_keyset: Annotated[
        bool,
        typer.Option("--with-keyset", help="Include the keyset, if it is encrypted."),
    ] = False,
    json: Json = False,
) -> None:
    """Write the database and the files to a single file.

    Jemmo can keep running during the backup. The keyset is not included.
    """
    url = start()
    from jemmo.files.choose import open_storage
    from jemmo.files.folder import FolderStorage
    from jemmo.services.operations import backups
    from jemmo.vault import default_vault, keyset_path

    storage = open_storage()
    included = isinstance(storage, FolderStorage) if files is None else files
    with _progress() as tell:
        made = backups.make(
            to,
            database_url=url,
            storage=storage,
            vault=default_vault(),
            keyset=keyset_path(),
            with_files=included,
            with_keyset=with_keyset,
            tell=tell,
        )
    if json:
        print_json(_as_json(made))
        return
    _print_made(made, files_included=included)
    if not with_keyset:
        out.print(
            f"To restore this backup, you need the keys {', '.join(made.manifest.keys)}. Keep a "
            f"copy of {keyset_path()} in another place.",
            soft_wrap=True,
            markup=False,
        )


def _as_json(made: Made) -> dict[str, object]:
    kept = made.manifest
    return {
        "path": made.path,
        "bytes": made.bytes,
        "sha256": made.sha256,
        "made_at": kept.made_at,
        "counts": kept.counts,
        "files": kept.files,
        "keys": kept.keys,
        "keyset_included": kept.keyset_included,
    }


def _print_made(made: Made, *, files_included: bool) -> None:
    kept = made.manifest
    rows = sum(table.rows for table in kept.tables.values())
    out.print(f"Wrote {made.path}: {made.bytes:,} bytes, {counted(rows, 'row')}.", soft_wrap=True)
    if files_included:
        out.print(f"Files included, still encrypted: {kept.files.count:,}.")
    elif kept.files.count:
        out.print(
            f"Only the list of the {counted(kept.files.count, 'file')} in {kept.files.place} is included. Keep a "
            "copy of the bucket, or add --files.",
            soft_wrap=True,
            markup=False,
        )
    if kept.files.missing:
        out.print(f"Files missing from the storage: {kept.files.missing:,}.")


def restore(
    source: Annotated[Path, typer.Option("--from", help="The file that `jemmo backup` wrote.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Discard the current contents of the database.")
    ] = False,
    erased: Annotated[
        Path | None,
        typer.Option(
            "--suppressions",
            help="A file with the erasures since the backup, written by `jemmo suppressions`.",
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Restore a backup completely or not at all.

    People erased since the backup stay erased.
    """
    from jemmo import bootstrap

    bootstrap.start_as_owner()
    from jemmo.files.choose import open_storage
    from jemmo.services.operations import restoring
    from jemmo.vault import keyset_path

    known = restoring.suppressions_of(erased) if erased else None
    with _progress() as tell:
        done = restoring.restore(
            source,
            storage=open_storage(),
            keyset=keyset_path(),
            replace=replace,
            suppressions=known,
            tell=tell,
        )
    if json:
        print_json(done)
        return
    made_at = datetime.fromisoformat(done.made_at)
    out.print(
        f"Restored {counted(done.rows, 'row')} and {counted(done.files, 'file')} from {utc_text(made_at)}."
    )
    if done.migrated:
        out.print(f"Database migrations applied after the restore: {done.migrated}.")
    if done.erased_again:
        out.print(f"People erased since the backup, now erased again: {done.erased_again:,}.")
    if done.organisations_left:
        out.print(
            f"Organizations deleted since the backup, which the worker will delete again: {done.organisations_left}."
        )
    if done.files_absent:
        out.print(
            f"Files missing from the storage, which Jemmo will download from the ATS again: {done.files_absent:,}."
        )
    out.print(
        "Everyone must sign in again. Now run `jemmo up`. The next syncs read what changed since the backup."
    )


def suppressions(
    to: Annotated[Path, typer.Option("--to", metavar="FILE", help="The file to write.")],
    json: Json = False,
) -> None:
    """Write the list of erased records.

    The list contains keyed hashes that don't identify anyone. Use it with `jemmo restore --suppressions`.
    """
    start()
    from jemmo.domain.errors import ConfigError
    from jemmo.services.operations import restoring
    from jemmo.vault.files import write_private

    text = restoring.suppressions_as_text()
    try:
        write_private(to, lambda file: file.write(text.encode()))
    except OSError as error:
        raise ConfigError("path", path=to) from error
    records = len(text.splitlines())
    if json:
        print_json({"path": str(to.absolute()), "records": records})
        return
    out.print(f"Wrote {to}: {counted(records, 'erased record')}.", soft_wrap=True)


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    """Show the progress, on a terminal."""
    with err.status("Beginning") as status:

        def tell(what: str, done: int, total: int) -> None:
            status.update(f"{what}: {done:,} of {total:,}" if total > 1 else what)

        yield tell
