"""A worker without a working file reader."""

from __future__ import annotations

import logging

import pytest

from jemmo import bootstrap
from jemmo.cli.operations import server, working
from jemmo.files import text
from jemmo.files.text import ReaderUnavailable


def test_it_syncs_and_warns_that_files_wait(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    began: list[int] = []

    def broken() -> None:
        raise ReaderUnavailable(reason="no pypdfium2")

    async def work(concurrency: int) -> None:
        began.append(concurrency)

    monkeypatch.setattr(bootstrap, "start", lambda **_: "")
    monkeypatch.setattr(bootstrap, "stop", lambda: None)
    monkeypatch.setattr(text, "ready", broken)
    monkeypatch.setattr(working, "work", work)
    server.worker(concurrency=2)

    assert began == [2]
    (line,) = [one for one in caplog.records if one.levelno == logging.ERROR]
    assert "no pypdfium2" in line.getMessage()
    assert "jemmo doctor" in line.getMessage()
