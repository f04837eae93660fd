"""What tests of the API ask for."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def served(static_files: None) -> None:
    """The pages' own files are where every request looks for them."""
