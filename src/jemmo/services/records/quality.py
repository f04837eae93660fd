"""Reports on the accuracy and quality of an organization's data."""

from __future__ import annotations

import time

from msgspec import Struct

from jemmo.domain.errors import JemmoError, TransientError
from jemmo.domain.history import LIMITED, limit_of
from jemmo.services.base import costly
from jemmo.services.connections import key_tests
from jemmo.services.connections.ats_access import PATIENCE
from jemmo.store.db import scope
from jemmo.store.models import Connection, Organisation
from jemmo.store.records import quality
from jemmo.vault import Vault


class Compared(Struct, frozen=True, kw_only=True):
    """A stream's number of records in the ATS, by its own count, and here.

    ``erased`` is how many records are missing here because they were erased, and ``kept`` how many extra records are
    here because they were kept when the ATS no longer listed them; both are estimates from counts. ``left_out`` are
    older than the history that the connection reads. ``apart`` is the difference that neither these nor rejections
    explain.
    """

    stream: str
    ats: int | None
    held: quality.Held
    erased: int = 0
    kept: int = 0
    left_out: int = 0
    apart: int | None


class Connected(Struct, frozen=True, kw_only=True):
    """A connection's streams. ``error`` is set if the ATS was asked and did not answer."""

    connection: Connection
    streams: list[Compared]
    error: JemmoError | None = None


class Report(Struct, frozen=True, kw_only=True):
    quality: quality.Quality
    connections: list[Connected]
    asked: bool


def report(org: Organisation, *, vault: Vault | None) -> Report:
    """Report the state of the data. With a ``vault``, also ask each ATS for its counts, in a few requests each.

    All ATSs together have ``PATIENCE`` seconds; those whose turn comes later are not asked. The counts compared with
    the ATS's include all records, even those that the reader may not see. Raises ``Crowded``.
    """
    with costly.places().place(org.id):
        issues = quality.quality_of(org)
        with scope.acting_in(scope.organization_scope(org.id)):
            held = quality.held_of(org)
    ends = time.monotonic() + PATIENCE
    return Report(
        quality=issues,
        connections=[_compare(connection, streams, vault, ends) for connection, streams in held],
        asked=vault is not None,
    )


def _compare(
    connection: Connection, held: list[quality.Held], vault: Vault | None, ends: float
) -> Connected:
    totals: dict[str, int] = {}
    older: dict[str, int] = {}
    error = None
    limited = limit_of(connection.options) is not None
    if vault is not None:
        try:
            report = key_tests.check_key(connection, vault, patience=_left(ends))
            totals = {
                name: count
                for name, count in report.totals.items()
                if name not in report.approximate
                and not (limited and name in LIMITED and name not in report.older)
            }
            older = report.older
        except JemmoError as refused:
            error = refused
    return Connected(
        connection=connection,
        streams=[_compared(row, totals.get(row.stream), older.get(row.stream, 0)) for row in held],
        error=error,
    )


def _left(ends: float) -> float:
    left = ends - time.monotonic()
    if left < 1:
        raise TransientError("not_asked")
    return left


def _compared(held: quality.Held, ats: int | None, older: int) -> Compared:
    if ats is None:
        return Compared(stream=held.stream, ats=None, held=held, kept=held.kept, apart=None)
    left_out = max(older - held.older, 0)
    absent = ats - held.stored - held.kept_out - left_out
    erased = min(max(absent, 0), held.erased)
    kept = min(max(-absent, 0), held.kept)
    return Compared(
        stream=held.stream,
        ats=ats,
        held=held,
        erased=erased,
        kept=kept,
        left_out=left_out,
        apart=absent - erased + kept,
    )
