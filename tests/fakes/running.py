"""Runs any source into the real store, as ``jemmo.services.sync.runner`` runs a connector's."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from uuid import uuid4

from fakes.company import Company
from msgspec.structs import replace

from jemmo.domain.outcomes import RunReport
from jemmo.domain.ports import Source
from jemmo.domain.streams import AccessReport, Mode, Page, SightingPage, Start, Stream, StreamSpec
from jemmo.pipeline.plan import choose_mode
from jemmo.pipeline.run import PipelineRun
from jemmo.services.base.hashers import read_hashers
from jemmo.services.base.scopes import connected
from jemmo.services.sync import runner
from jemmo.store.sync import runs
from jemmo.store.sync.runs import Hold
from jemmo.store.sync.writer import Writer
from jemmo.vault import default_vault


async def run_source(source: Source, company: Company, mode: Mode | None = None) -> RunReport:
    """Sync ``source`` into the company's connection, then close it."""
    done = await run_slice(source, company, mode)
    return done.report


async def run_slice(
    source: Source,
    company: Company,
    mode: Mode | None = None,
    *,
    goes_on: Hold | None = None,
    slice_over: Callable[[], bool] = lambda: False,
) -> runner.SliceReport:
    """Run one slice of a sync: it ends after a page once ``slice_over`` is true, and ``goes_on`` resumes such a run."""
    try:
        async with connected(company.id, company.database_url) as (db, found):
            report = RunReport(run_id=str(uuid4()), mode=Mode.INITIAL)
            row = runner._with_applicable_rules(found, source, report)
            begin = partial(runs.begin, trigger="test", goes_on=goes_on)
            async with runner._leased(
                db, row, report, begin, company.database_url, partial(datetime.now, UTC)
            ) as context:
                vault = default_vault()
                store = Writer(db, context, vault.seal, await read_hashers(db, row, vault))
                report = context.report
                if not context.goes_on:
                    names = [spec.name for spec in source.streams]
                    report.mode = choose_mode(mode, await store.checkpoints(), names)
                context.mode = report.mode
                run = PipelineRun(
                    source=source,
                    store=store,
                    rules=row.rules,
                    report=report,
                    progress=runner.NoProgress(),
                    now=lambda: datetime.now(UTC),
                    connection=row.display_name,
                    slice_over=slice_over,
                )
                await run.execute()
        return runner.SliceReport(report=report, hold=context.hold)
    finally:
        await source.close()


class _Reordered:
    """A source whose streams are read one after another in a given order."""

    def __init__(self, source: Source, specs: Sequence[StreamSpec]) -> None:
        self._source = source
        self._specs = [
            replace(spec, after=(specs[place - 1].name,) if place else ())
            for place, spec in enumerate(specs)
        ]

    @property
    def streams(self) -> Sequence[StreamSpec]:
        return self._specs

    @property
    def requests(self) -> int:
        return self._source.requests

    @property
    def received(self) -> int:
        return self._source.received

    @property
    def clock_off(self) -> float:
        return self._source.clock_off

    async def check(self) -> AccessReport:
        return await self._source.check()

    def pages(self, stream: Stream, start: Start) -> AsyncIterator[Page]:
        return self._source.pages(stream, start)

    def sightings(self, stream: Stream, cursor: str | None) -> AsyncIterator[SightingPage]:
        return self._source.sightings(stream, cursor)

    async def fetch(self, stream: Stream, remote_id: str) -> Page | None:
        return await self._source.fetch(stream, remote_id)

    async def close(self) -> None:
        await self._source.close()


def in_order(source: Source, specs: Sequence[StreamSpec]) -> Source:
    return _Reordered(source, specs)
