"""What the suites may ask for."""

from __future__ import annotations

import pytest

from jemmo.rest_client import client


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """No waits between attempts: what is tested is what happens after the last one."""
    defaults = client.RestClient.__init__.__kwdefaults__
    assert defaults is not None
    monkeypatch.setitem(defaults, "pause", lambda _attempt, _chance: 0.0)
