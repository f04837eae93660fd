"""Fixtures for MCP tests."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def served(static_files: None) -> None:
    """Collect the static files, which Django looks up on every request."""
