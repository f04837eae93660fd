"""Progress bars in the terminal during a sync."""

from __future__ import annotations

from rich.text import Text

from jemmo.cli.sync.progress import Bars


def shown(bars: Bars) -> list[str]:
    return [one.plain for one in bars._progress.get_renderables() if isinstance(one, Text)]


def test_it_announces_when_the_last_30_days_are_ready() -> None:
    with Bars("acme", shown=False, expected={}) as bars:
        assert shown(bars) == []
        bars.recent_is_read()
        assert shown(bars) == ["  The last 30 days are ready. Older records follow."]
