"""Exporting records."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from enum import StrEnum
from itertools import islice
from typing import Annotated, Any

import msgspec
import typer

from jemmo.cli.examples import examples
from jemmo.cli.options import Org
from jemmo.cli.output import err, escaped
from jemmo.cli.startup import start
from jemmo.domain.entities import EXPORTS
from jemmo.domain.errors import ConfigError
from jemmo.domain.streams import Stream
from jemmo.domain.validation import printable


class Format(StrEnum):
    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"


def _exported(kind: str) -> str:
    if kind not in EXPORTS:
        raise typer.BadParameter(f"Choose one of: {', '.join(EXPORTS)}.")
    return kind


def register(app: typer.Typer) -> None:
    app.command(
        "export",
        epilog=examples(
            "jemmo export talents --org acme > talents.jsonl",
            "jemmo export jobs --org acme --format csv",
        ),
    )(export)


def export(
    kind: Annotated[
        str,
        typer.Argument(
            help="The records to export.", metavar=f"[{'|'.join(EXPORTS)}]", callback=_exported
        ),
    ],
    org: Org,
    form: Annotated[
        Format, typer.Option("--format", help="The output format: jsonl, csv, or parquet.")
    ] = Format.JSONL,
    as_email: Annotated[
        str | None,
        typer.Option("--as", help="Apply the permissions of the member with this email address."),
    ] = None,
) -> None:
    """Write the synced records to stdout."""
    start()
    from jemmo.services.accounts import accounts
    from jemmo.services.records import exports
    from jemmo.vault import default_vault

    company = accounts.organisation(org)
    member = accounts.member(company, as_email) if as_email else None
    if member and kind == Stream.NOTES and not member.sees_notes:
        raise ConfigError("not_allowed", variant="notes", org=org, role=member.role)
    role = accounts.act_as(company, as_email) if as_email else None
    rows = exports.rows(
        company,
        kind,
        role=role,
        vault=default_vault(),
        actor=member.account if member else None,
    )
    WRITERS[form](rows)


def _jsonl(rows: Iterator[dict[str, Any]]) -> None:
    encoder = msgspec.json.Encoder()
    write = sys.stdout.buffer.write
    for row in rows:
        write(escaped(encoder.encode(row).decode()).encode() + b"\n")
    sys.stdout.buffer.flush()


def _csv(rows: Iterator[dict[str, Any]]) -> None:
    """Table cells, with lists and objects as JSON. A leading formula sign is escaped for spreadsheets."""
    writer = None
    for row in rows:
        if writer is None:
            writer = csv.DictWriter(sys.stdout, fieldnames=list(row))
            writer.writeheader()
        writer.writerow({name: _cell(value) for name, value in row.items()})
    sys.stdout.flush()


def _cell(value: Any) -> Any:
    if isinstance(value, list | dict):
        return msgspec.json.encode(value).decode()
    plain = msgspec.to_builtins(value)
    if not isinstance(plain, str):
        return plain
    plain = printable(plain)
    return "'" + plain if plain[:1] in ("=", "+", "-", "@", "\t", "\r") else plain


def _parquet(rows: Iterator[dict[str, Any]]) -> None:
    """Nested values as JSON text, so that every chunk has the same columns."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise ConfigError("not_installed", variant="parquet") from None
    if sys.stdout.isatty():
        err.print(
            "Parquet is a binary format. Redirect it to a file, for example `> talents.parquet`."
        )
        raise typer.Exit(5)
    writer = None
    while chunk := list(islice(rows, 5000)):
        columns = {name: [_parquet_value(row[name]) for row in chunk] for name in chunk[0]}
        schema = pa.schema([(name, _arrow_type(pa, name)) for name in columns])
        if writer is None:
            writer = pq.ParquetWriter(sys.stdout.buffer, schema)
        writer.write_table(pa.table(columns, schema=schema))
    if writer is not None:
        writer.close()


def _parquet_value(value: Any) -> Any:
    if isinstance(value, list | dict):
        return msgspec.json.encode(value).decode()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return value if hasattr(value, "tzinfo") else str(value)


def _arrow_type(pa: Any, name: str) -> Any:
    if name.endswith("_at"):
        return pa.timestamp("us", tz="UTC")
    if name.startswith("is_") or name in ("can_email", "contacts_hidden", "do_not_contact"):
        return pa.bool_()
    return pa.int64() if name in ("size", "position") else pa.string()


WRITERS = {Format.JSONL: _jsonl, Format.CSV: _csv, Format.PARQUET: _parquet}
