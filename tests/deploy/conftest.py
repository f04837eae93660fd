"""Servers as companies run them. `make test-deploy` provides the PostgreSQL 15 and PgBouncer that these tests need.

``server`` is PostgreSQL 15 as its superuser sees it; ``customer`` is a company's database there, as its owner sees it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from fakes import deployments
from fakes.deployments import Customer, Pooler


@pytest.fixture(scope="session")
def server() -> str:
    """The superuser's URL. Objects created through it differ from those of a company's own role."""
    url = os.environ.get("JEMMO_TEST_DATABASE_URL")
    if not url:
        pytest.fail("run these tests by `make test-deploy`", pytrace=False)
    return url


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give each test its own keys, like each company."""
    monkeypatch.setenv("JEMMO_HOME", str(tmp_path))


@pytest.fixture
def make_customer(server: str) -> Iterator[Callable[..., Customer]]:
    """A function that creates a database and its role with the given ``rights``; both are dropped after the test."""
    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(deployments.customer(server, **options))


@pytest.fixture
def customer(make_customer: Callable[..., Customer]) -> Customer:
    return make_customer()


@pytest.fixture
def pooler(server: str) -> Iterator[Pooler]:
    """A function that starts a PgBouncer in front of a database and returns its URL."""
    with ExitStack() as stack:
        yield lambda url, **options: stack.enter_context(deployments.pooled(server, url, **options))
