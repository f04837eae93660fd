"""An address entered by an admin may respond with a few kilobytes that expand to gigabytes of objects."""

from __future__ import annotations

import gzip
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from contracts.harness import Vendor
from contracts.vendors.all import VENDORS

from jemmo.connectors.registry import connector_for
from jemmo.domain.errors import PermanentError
from jemmo.rest_client.amounts import REPLY
from jemmo.services.connections.ats_access import PATIENCE, try_key

MANY = 60 * 1024 * 1024
PEAK = 6 * REPLY.size  # bytes
BOMBS: dict[str, Callable[[], bytes]] = {
    "lists": lambda: b'{"data": [' + b"[]," * (MANY // 3) + b"[]]}",
    "objects": lambda: b'{"data": [' + b'{"":{}},' * (MANY // 8) + b"{}]}",
    "text": lambda: b'{"data": ["' + b"a" * MANY + '\U0001f600"]}'.encode(),
}


@pytest.fixture(params=BOMBS)
def hostile(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of an ATS that issues tokens as usual but responds to all other requests with a bomb."""
    packed = gzip.compress(BOMBS[request.param]())

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._say(packed, ("Content-Encoding", "gzip"))

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self._say(b'{"access_token": "token", "expires_in": 600}')

        def _say(self, body: bytes, *headers: tuple[str, str]) -> None:
            self.send_response(200)
            for name, value in (*headers, ("Content-Length", str(len(body)))):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: vendor.name)
@pytest.mark.sample(4)
def test_testing_a_key_takes_a_bounded_amount_of_memory(hostile: str, vendor: Vendor) -> None:
    connector = connector_for(vendor.name)
    config = connector.configure("key", hostile, {**vendor.options, "pacing": "off"})
    tracemalloc.start()
    try:
        with pytest.raises(PermanentError) as told:
            try_key(connector, config, patience=PATIENCE)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert told.value.code == "answer_too_large"
    assert peak < PEAK
