"""The server trusts no header about a request's origin, since proxies pass on what visitors send."""

from __future__ import annotations

import asyncio
import json
import socket
from typing import Any

import uvicorn

from jemmo.cli.operations.server import server_config

REQUEST = (
    "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    "X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: https\r\n\r\n"
)


async def told(scope: dict[str, Any], _receive: Any, send: Any) -> None:
    """An application that responds with its view of the request."""
    body = json.dumps({"client": scope["client"][0], "scheme": scope["scheme"]}).encode()
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def test_a_forged_header_is_not_the_client() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(server_config(told))
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        reader, writer = await asyncio.open_connection(*listening.getsockname())
        writer.write(REQUEST.encode())
        answer = (await reader.read()).partition(b"\r\n\r\n")[2]
        writer.close()
        server.should_exit = True
        await serving
    assert json.loads(answer) == {"client": "127.0.0.1", "scheme": "http"}
