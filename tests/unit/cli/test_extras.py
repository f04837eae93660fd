"""If an optional package is needed but missing, the error names it."""

from __future__ import annotations

import sys

import pytest

from jemmo.cli.records.data import WRITERS, Format
from jemmo.domain.errors import ConfigError


def test_parquet_needs_an_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ConfigError) as told:
        WRITERS[Format.PARQUET](iter([]))
    assert "jemmo[parquet]" in told.value.next_step
