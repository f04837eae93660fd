"""Small charts, rendered on the server: a bar for each sync, as tall as its changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import sqrt
from typing import Any

from jemmo.domain import numbers

HEIGHT, WIDTH, BAR, GAP, LEAST = 48, 480, 12, 4, 3


@dataclass(frozen=True, kw_only=True)
class Bar:
    """A bar's position, in the chart's units, and its text."""

    x: int
    y: int
    height: int
    status: str
    mode: str
    scope: str
    again: bool
    changed: int
    at: datetime


def bars(runs: Sequence[Any]) -> list[Bar]:
    """Return the bars from left to right in time; the runs come newest first.

    Heights grow with the square root, so that a first sync does not flatten the later ones.
    """
    shown = list(runs)[: WIDTH // (BAR + GAP)]
    sizes = [changed(run.report) for run in shown]
    tallest = sqrt(max([1, *sizes]))
    chart = []
    for place, (run, size) in enumerate(zip(shown, sizes, strict=True)):
        height = max(LEAST, round(HEIGHT * sqrt(size) / tallest))
        chart.append(
            Bar(
                x=(len(shown) - 1 - place) * (BAR + GAP),
                y=HEIGHT - height,
                height=height,
                status=run.status,
                mode=run.mode,
                scope=run.scope,
                again=run.again,
                changed=size,
                at=run.started_at,
            )
        )
    return chart[::-1]


def changed(report: dict[str, Any]) -> int:
    """The number of records that a run created, updated or deleted."""
    return numbers.numbers_of(report.get("streams", {})).changed
