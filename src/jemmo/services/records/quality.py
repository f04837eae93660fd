"""Reports on the accuracy and quality of an organization's data."""

from __future__ import annotations

import time
from enum import StrEnum

from msgspec import Struct

from jemmo.connectors.registry import connector_for
from jemmo.domain.errors import JemmoError, TransientError
from jemmo.domain.history import LIMITED, limit_of
from jemmo.domain.streams import AccessReport
from jemmo.services.base import costly
from jemmo.services.connections import key_tests
from jemmo.services.connections.ats_access import PATIENCE, AccessTooSmall
from jemmo.store.db import scope
from jemmo.store.models import Connection, Organisation
from jemmo.store.records import quality
from jemmo.store.sync.freshness import ConnectionSnapshot
from jemmo.vault import Vault


class Unknown(StrEnum):
    """Why a stream's difference is unknown."""

    NOT_ASKED = "not_asked"  # or the ATS refused or didn't answer
    NOT_REPORTED = "not_reported"
    APPROXIMATE = "approximate"
    COUNTS_OLDER = "counts_older"  # the ATS's count includes records older than the history


class Compared(Struct, frozen=True, kw_only=True):
    """A stream's number of records in the ATS, by its own count, and here.

    ``erased`` is how many records are missing here because they were erased, and ``kept`` how many extra records are
    here because they were kept when the ATS no longer listed them; both are estimates from counts. ``left_out`` are
    older than the history that the connection reads. ``apart`` is the difference that neither these nor rejections
    explain; if it is ``None``, ``unknown`` says why.
    """

    stream: str
    ats: int | None = None
    held: quality.Held
    erased: int = 0
    kept: int = 0
    left_out: int = 0
    apart: int | None = None
    unknown: Unknown | None = None


class Connected(Struct, frozen=True, kw_only=True):
    """A connection's streams of which either side has records or the ATS reported a count.

    ``begun`` says whether a sync has started. ``error`` is set if the ATS was asked and did not answer, or refused some
    of the questions.
    """

    connection: Connection
    streams: list[Compared]
    begun: bool
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
    report = AccessReport()
    error: JemmoError | None = None
    if vault is not None:
        try:
            report = key_tests.check_key(connection, vault, patience=_left(ends))
            if not report.ok:
                error = AccessTooSmall(connector_for(connection.provider), report)
        except JemmoError as refused:
            error = refused
    unreported = Unknown.NOT_ASKED if vault is None or error else Unknown.NOT_REPORTED
    limited = limit_of(connection.options) is not None
    return Connected(
        connection=connection,
        streams=[
            _compared(row, report, _unknown(row.stream, report, limited, unreported))
            for row in held
            if row.stored or row.kept_out or row.stream in report.totals
        ],
        begun=ConnectionSnapshot(connection).begun,
        error=error,
    )


def _unknown(
    stream: str, report: AccessReport, limited: bool, unreported: Unknown
) -> Unknown | None:
    if stream not in report.totals:
        return unreported
    if stream in report.approximate:
        return Unknown.APPROXIMATE
    counts_older = limited and stream in LIMITED and stream not in report.older
    return Unknown.COUNTS_OLDER if counts_older else None


def _left(ends: float) -> float:
    left = ends - time.monotonic()
    if left < 1:
        raise TransientError("not_asked")
    return left


def _compared(held: quality.Held, report: AccessReport, unknown: Unknown | None) -> Compared:
    ats = report.totals.get(held.stream)
    if ats is None or unknown:
        return Compared(stream=held.stream, ats=ats, held=held, kept=held.kept, unknown=unknown)
    left_out = max(report.older.get(held.stream, 0) - held.older, 0)
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
