"""Servers as companies run them: `make test-deploy` brings the PostgreSQL 15 and the PgBouncer that these tests need.

``server`` is PostgreSQL 15 as its superuser, ``customer`` a database of a company there, as its owner reaches it.
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
    """The superuser's way in; what is made with it is unlike what a company's own role makes."""
    url = os.environ.get("JEMMO_TEST_DATABASE_URL")
    if not url:
        pytest.fail("run these tests by `make test-deploy`", pytrace=False)
    return url


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys of its own for each test, as for each company."""
    monkeypatch.setenv("JEMMO_HOME", str(tmp_path))


@pytest.fixture
def make_customer(server: str) -> Iterator[Callable[..., Customer]]:
    """Makes a database for a role that may do what ``rights`` says; both go with the test."""
    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(deployments.customer(server, **options))


@pytest.fixture
def customer(make_customer: Callable[..., Customer]) -> Customer:
    return make_customer()


@pytest.fixture
def pooler(server: str) -> Iterator[Pooler]:
    """Starts a PgBouncer; gives the way to a database through it."""
    with ExitStack() as stack:
        yield lambda url, **options: stack.enter_context(deployments.pooled(server, url, **options))
