"""No way out of this installation leads into the network it stands in."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

import jemmo
from jemmo.domain.errors import ConfigError, JemmoError, PermanentError
from jemmo.rest_client.addresses import Guarded, resolver_for
from jemmo.rest_client.client import RestClient
from jemmo.rest_client.download import Hosts, download
from jemmo.rest_client.outward import post_json

PRIVATE = (
    "10.0.0.1",
    "127.0.0.1",
    "169.254.169.254",
    "192.168.1.1",
    "::1",
    "fd00::1",
    "100.64.0.1",
    "0.0.0.0",
)
Names = Callable[[dict[str, list[list[str]]]], list[str]]


@pytest.fixture
async def inside() -> AsyncIterator[tuple[int, list[bytes]]]:
    """A server that only this machine reaches, and what was said to it."""
    heard: list[bytes] = []

    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read(100))
        writer.close()

    server = await asyncio.start_server(hear, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], heard


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    """A name server of the test: each name gives its answers one after the other, the last for ever."""
    asked: list[str] = []

    def given(table: dict[str, list[list[str]]]) -> list[str]:
        def resolve(host: Any, port: Any, *_: Any, **__: Any) -> Any:
            name = host.decode() if isinstance(host, bytes) else host
            asked.append(name)
            answers = table.get(name)
            if answers is None:
                raise socket.gaierror("unknown")
            now = answers.pop(0) if len(answers) > 1 else answers[0]
            return [
                (
                    socket.AF_INET6 if ":" in one else socket.AF_INET,
                    socket.SOCK_STREAM,
                    6,
                    "",
                    (one, port or 0),
                )
                for one in now
            ]

        monkeypatch.setattr(socket, "getaddrinfo", resolve)
        return asked

    return given


def client(url: str) -> RestClient:
    return RestClient(
        url,
        headers={"Authorization": "key"},
        refuse=lambda _: PermanentError("refused"),
        pacer=None,
    )


async def asked(url: str, path: str = "/") -> None:
    one = client(url)
    try:
        await one.get(path, lambda body: body)
    finally:
        await one.close()


@pytest.mark.parametrize("address", PRIVATE)
async def test_a_name_that_leads_inside_is_refused(address: str, names: Names) -> None:
    """Even when another of its addresses is a public one: which is taken is chance."""
    names({"ats.example": [["93.184.215.14", address]]})
    with pytest.raises(ConfigError) as refused:
        await asked("https://ats.example/v1")
    assert refused.value.code == "address_not_public"
    with pytest.raises(ConfigError):
        await post_json("https://ats.example/hook", {"text": "hello"})


async def test_a_name_that_changes_its_mind_gains_nothing(names: Names) -> None:
    """What was looked at is what is connected to: there is no second question in between."""
    told = names({"ats.example": [["93.184.215.14"], ["127.0.0.1"]]})
    found = await Guarded().resolve("ats.example", 443)
    assert [one["host"] for one in found] == ["93.184.215.14"]
    assert told == ["ats.example"]
    with pytest.raises(ConfigError):
        await Guarded().resolve("ats.example", 443)


async def test_the_operator_may_open_a_host(
    inside: tuple[int, list[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    port, heard = inside
    url = f"https://localhost:{port}"
    with pytest.raises(ConfigError):
        await asked(url)
    assert heard == []
    monkeypatch.setenv("JEMMO_ATS_HOSTS", "ats.internal.example, localhost")
    assert resolver_for(url) is None
    assert resolver_for("http://127.0.0.1:8080") is None  # from the command line alone
    assert isinstance(resolver_for("https://api.ats.example"), Guarded)


async def test_a_file_is_not_fetched_from_inside(
    inside: tuple[int, list[bytes]], names: Names
) -> None:
    port, heard = inside
    hosts = Hosts.of("https://ats.example", "files.example")
    names({name: [["127.0.0.1"]] for name in ("ats.example", "cdn.files.example")})
    for url in ("https://cdn.files.example/cv.pdf", "https://ats.example/cv.pdf"):
        with pytest.raises(JemmoError):
            await download(url, hosts, max_bytes=1000)
    for url in (
        f"https://127.0.0.1:{port}/",
        f"http://cdn.files.example:{port}/",
        "file:///etc/passwd",
        "https://files.example.evil.example/",
        "https://files.example@evil.example/",
        "gopher://files.example/",
    ):
        with pytest.raises(ConfigError):
            await download(url, hosts, max_bytes=1000)
    assert heard == []


async def test_a_redirect_does_not_lead_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    """From the ATS's own host, which may redirect to where files lie, to a place that it may not name."""
    places = [
        "http://169.254.169.254/latest/meta-data/",
        "https://10.0.0.1/",
        "//localhost/",
        "file:///etc/passwd",
    ]
    paths: list[str] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        place = places[int(head.split()[1].strip("/"))]
        paths.append(place)
        writer.write(
            f"HTTP/1.1 302 Found\r\nLocation: {place}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()
        )
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        own = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        for number in range(len(places)):
            with pytest.raises(ConfigError):
                await download(f"{own}/{number}", Hosts.of(own, "files.example"), max_bytes=1000)
            with pytest.raises(PermanentError):  # the API is never followed anywhere
                await asked(own, f"/{number}")
    assert len(paths) == 2 * len(places)


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example/x",
        "https://localhost/x",
        "https://printer.local/x",
        *(f"https://{'[' + one + ']' if ':' in one else one}/x" for one in PRIVATE),
        "https://user:pass@hooks.example/x",
        "ftp://hooks.example/x",
    ],
)
async def test_a_chat_is_not_inside(url: str) -> None:
    with pytest.raises(ConfigError):
        await post_json(url, {"text": "hello"})


def test_there_are_no_other_ways_out() -> None:
    """Who opens connections is known: each of these is tested above, or has its address from the environment alone."""
    source = Path(jemmo.__file__).parent
    opens = re.compile(
        r"^\s*(?:import|from) (?:aiohttp|httpx|requests|urllib3|urllib\.request|http\.client|smtplib|boto3|storage3)\b",
        re.MULTILINE,
    )
    found = {
        str(path.relative_to(source))
        for path in source.rglob("*.py")
        if not path.is_relative_to(source / "sandbox") and opens.search(path.read_text())
    }
    assert found - {"cli/demo.py", "cli/supervise.py"} == {
        "rest_client/addresses.py",
        "rest_client/client.py",
        "rest_client/download.py",
        "rest_client/outward.py",
        "files/s3.py",
        "files/supabase.py",
        "web/mail.py",
    }


def test_where_files_lie_is_the_operators_to_say() -> None:
    """No table and no form holds the address of a bucket."""
    from jemmo.store import models

    columns = {
        field.name
        for model in vars(models).values()
        if isinstance(model, type) and hasattr(model, "_meta")
        for field in model._meta.get_fields()
    }
    assert not {name for name in columns if "bucket" in name or "endpoint" in name}
