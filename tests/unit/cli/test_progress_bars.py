"""What a terminal shows while a sync reads."""

from __future__ import annotations

from rich.text import Text

from jemmo.cli.sync.progress import Bars


def shown(bars: Bars) -> list[str]:
    return [one.plain for one in bars._progress.get_renderables() if isinstance(one, Text)]


def test_it_says_that_the_last_30_days_are_ready_once_they_are() -> None:
    with Bars("acme", shown=False, expected={}) as bars:
        assert shown(bars) == []
        bars.recent_is_read()
        assert shown(bars) == ["  The last 30 days are ready. Older records follow."]
