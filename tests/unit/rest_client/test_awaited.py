"""If someone is waiting for the response, an unreachable address is tried only once."""

from __future__ import annotations

import socket

import pytest

from jemmo.connectors.registry import CONNECTORS
from jemmo.domain.errors import TransientError
from jemmo.rest_client import client as rest
from jemmo.services.connections.ats_access import try_key


def test_a_closed_port_is_tried_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second attempt would draw a random pause."""

    class Never:
        @staticmethod
        def random() -> float:
            raise AssertionError("it is tried again")

    monkeypatch.setenv("JEMMO_ATS_HOSTS", "127.0.0.1")
    monkeypatch.setattr(rest, "random", Never)
    connector = CONNECTORS["teamtailor"]
    with socket.socket() as closed:  # bound, but not listening
        closed.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{closed.getsockname()[1]}"
        with pytest.raises(TransientError) as told:
            try_key(connector, connector.configure("key", address, {}))

    assert told.value.code == "host_unreachable"
