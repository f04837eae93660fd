"""Fixtures for API tests."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from fakes.programs import Asks
    from fakes.showcase import Showcase


@pytest.fixture(autouse=True)
def served(static_files: None) -> None:
    """Collect the static files, which Django looks up on every request."""


@pytest.fixture
def token(showcase: Showcase) -> Callable[..., str]:
    """A function that creates a token with these scopes, by default only ``records``."""
    from jemmo.services.accounts import tokens

    def make(*scopes: str, org: Any = showcase.org, **more: Any) -> str:
        rights = scopes or ("records",)
        return tokens.create(org, rights, name="test", now=datetime.now(UTC), **more).secret

    return make


@pytest.fixture
def ask() -> Asks:
    from fakes import programs

    return programs.ask


@pytest.fixture
def address(showcase: Showcase) -> Iterator[str]:
    """The URL of a real server."""
    import uvicorn

    from jemmo.asgi import application

    config = uvicorn.Config(application, log_level="warning", lifespan="off")
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as door:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [door]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{door.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
