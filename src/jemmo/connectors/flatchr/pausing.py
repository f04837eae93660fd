"""How long to wait before trying again: Flatchr says nothing of it, so patiently. Pure."""

from __future__ import annotations

from collections.abc import Callable


def pauses(first: float, longest: float) -> Callable[[int, float], float]:
    """Doubling from ``first`` to ``longest`` seconds, with up to half taken off by ``chance`` (0..1).

    >>> [pauses(2, 60)(n, 0.0) for n in (1, 2, 3, 9)]
    [2.0, 4.0, 8.0, 60.0]
    """

    def pause(attempt: int, chance: float) -> float:
        doubled = first * 2.0 ** min(attempt - 1, 30)
        return min(float(longest), doubled) * (1 - chance / 2)

    return pause
