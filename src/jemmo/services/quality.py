"""How true and how tidy an organisation's data are."""

from __future__ import annotations

from msgspec import Struct

from jemmo.domain.errors import JemmoError
from jemmo.services import connections
from jemmo.services.access import PATIENCE
from jemmo.store.models import Connection, Organisation
from jemmo.store.selectors import quality
from jemmo.vault import Vault


class Compared(Struct, frozen=True, kw_only=True):
    """A stream's records in the ATS, by its own count, and here. ``apart`` is what neither a rejection explains."""

    stream: str
    ats: int | None
    held: quality.Held
    apart: int | None


class Connected(Struct, frozen=True, kw_only=True):
    """A connection's streams; ``error`` when the ATS was asked and did not answer."""

    connection: Connection
    streams: list[Compared]
    error: JemmoError | None = None


class Report(Struct, frozen=True, kw_only=True):
    quality: quality.Quality
    connections: list[Connected]
    asked: bool


def report(org: Organisation, *, vault: Vault | None) -> Report:
    """The state of the data; with a ``vault`` each ATS is asked for its counts, a few requests each."""
    found = quality.of(org)
    return Report(
        quality=found,
        connections=[_compare(one, held, vault) for one, held in found.connections],
        asked=vault is not None,
    )


def _compare(connection: Connection, held: list[quality.Held], vault: Vault | None) -> Connected:
    totals: dict[str, int] = {}
    error = None
    if vault is not None:
        try:
            totals = connections.test(connection, vault, patience=PATIENCE).totals
        except JemmoError as refused:
            error = refused
    return Connected(
        connection=connection,
        streams=[_beside(one, totals.get(one.stream)) for one in held],
        error=error,
    )


def _beside(held: quality.Held, ats: int | None) -> Compared:
    apart = None if ats is None else ats - held.stored - held.kept_out
    return Compared(stream=held.stream, ats=ats, held=held, apart=apart)
