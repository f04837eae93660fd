"""Receivers of notifications: a mail server and a chat, on real sockets of this machine."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web


@dataclass
class MailServer:
    """Speaks as much SMTP as a sender needs. With ``refuses``, it responds to every message with 451."""

    port: int = 0
    refuses: bool = False
    messages: list[str] = field(default_factory=list)

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def say(line: str) -> None:
            writer.write(f"{line}\r\n".encode())
            await writer.drain()

        await say("220 mail.example")
        while line := (await reader.readline()).decode().strip():
            word = line.split(maxsplit=1)[0].upper()
            if word == "DATA":
                await say("354 go on")
                body = (await reader.readuntil(b"\r\n.\r\n")).decode()
                if self.refuses:
                    await say("451 later")
                    continue
                self.messages.append(body)
            await say("221 bye" if word == "QUIT" else "250 ok")
            if word == "QUIT":
                break
        writer.close()


@dataclass
class Chat:
    """A chat's incoming webhook that responds with ``status``."""

    url: str = ""
    port: int = 0
    status: int = 200
    received: list[Any] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        self.received.append(await request.json())
        headers = {"Location": "http://127.0.0.1:1/"} if self.status == 302 else {}
        return web.Response(status=self.status, headers=headers)


@contextmanager
def receivers() -> Iterator[tuple[MailServer, Chat]]:
    """Run both in a separate thread."""
    mail, chat = MailServer(), Chat()
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def open_both() -> tuple[asyncio.Server, web.AppRunner]:
        server = await asyncio.start_server(mail.talk, "127.0.0.1", 0)
        mail.port = server.sockets[0].getsockname()[1]
        app = web.Application()
        app.router.add_post("/hook", chat.take)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        chat.port = runner.addresses[0][1]
        chat.url = f"http://127.0.0.1:{chat.port}/hook"
        return server, runner

    server, runner = asyncio.run_coroutine_threadsafe(open_both(), loop).result()

    async def close_both() -> None:
        server.close()
        await server.wait_closed()
        await runner.cleanup()

    try:
        yield mail, chat
    finally:
        asyncio.run_coroutine_threadsafe(close_both(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
