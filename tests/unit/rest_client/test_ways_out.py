"""No way out of this installation leads into the network it stands in."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

import jemmo
from jemmo.domain.errors import ConfigError, JemmoError, PermanentError
from jemmo.rest_client.addresses import Guarded, connector, is_public, is_trusted_ats
from jemmo.rest_client.client import RestClient
from jemmo.rest_client.download import Downloads, Hosts
from jemmo.rest_client.outward import post_json
from jemmo.services.connections.ats_access import check_public

PRIVATE = (
    "10.0.0.1",
    "127.0.0.1",
    "169.254.169.254",
    "192.168.1.1",
    "::1",
    "fd00::1",
    "100.64.0.1",
    "0.0.0.0",
    "0.1.2.3",
    "224.0.0.1",
    "192.88.99.1",
    "168.63.129.16",
    "64:ff9b::a83f:8110",
    "3fff::1",
    "3fff:fff:ffff::1",
    "255.255.255.255",
    "::",
    "::127.0.0.1",
    "::8.8.8.8",
    "::ffff:127.0.0.1",
    "::ffff:0:7f00:1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::7f00:1",
    "fec0::1",
    "fe80::1",
    "ff02::1",
    "2002:7f00:1::1",
    "2001:0:5ef5:79fd::80ff:fffe",
    "2606:4700::5efe:7f00:1",
)
PUBLIC = ("8.8.8.8", "168.63.129.17", "2606:4700::1", "::ffff:8.8.8.8", "64:ff9b::808:808")
DISGUISED = (
    "①②⑦.⓪.⓪.①",
    "１２７.０.０.１",
    "127。0。0。1",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0x7f.0.0.1",
    "017700000001",
    "0177.0.0.01",
    "127.0.0.1.",
    "localhost.",
    "LOCALHOST",
    "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
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
    assert is_trusted_ats(url)
    assert is_trusted_ats("http://127.0.0.1:8080")  # from the command line alone
    assert not is_trusted_ats("https://api.ats.example")


@pytest.mark.parametrize("address", PRIVATE)
def test_what_is_not_of_the_open_internet(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_what_is_of_the_open_internet(address: str) -> None:
    assert is_public(address)


@pytest.mark.usefixtures("hasty")  # what resolves to nothing is tried again
@pytest.mark.parametrize("host", DISGUISED)
async def test_a_number_in_disguise_is_refused_on_every_way_out(
    host: str, inside: tuple[int, list[bytes]]
) -> None:
    """The address that would be connected to is checked, whatever the host looked like before."""
    port, heard = inside
    url = f"https://{host}:{port}/x"

    with pytest.raises(ConfigError):
        await post_json(url, {"text": "hello"})
    with pytest.raises(ConfigError):
        check_public(url, ())
    with pytest.raises(JemmoError):
        await asked(f"https://{host}:{port}")
    with pytest.raises(JemmoError):  # its own host, so that the connection alone decides
        await Downloads(Hosts.of(f"https://{host}:{port}", "files.example")).fetch(
            url, max_bytes=1000
        )
    assert heard == []


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
async def test_the_socket_itself_is_guarded(address: str, inside: tuple[int, list[bytes]]) -> None:
    """A host that is a number is never resolved: only what opens the socket sees where it leads."""
    port, heard = inside
    host = f"[{address}]" if ":" in address else address
    async with aiohttp.ClientSession(connector=connector(trusted=False)) as session:
        with pytest.raises(ConfigError):
            await session.get(f"http://{host}:{port}/")
        with pytest.raises(ConfigError):
            await session.get(f"http://localhost:{port}/")
    assert heard == []


async def test_a_file_is_not_fetched_from_inside(
    inside: tuple[int, list[bytes]], names: Names
) -> None:
    port, heard = inside
    hosts = Hosts.of("https://ats.example", "files.example")
    names({name: [["127.0.0.1"]] for name in ("ats.example", "cdn.files.example")})
    for url in ("https://cdn.files.example/cv.pdf", "https://ats.example/cv.pdf"):
        with pytest.raises(JemmoError):
            await Downloads(hosts).fetch(url, max_bytes=1000)
    for url in (
        f"https://127.0.0.1:{port}/",
        f"http://cdn.files.example:{port}/",
        "file:///etc/passwd",
        "https://files.example.evil.example/",
        "https://files.example@evil.example/",
        "gopher://files.example/",
    ):
        with pytest.raises(ConfigError):
            await Downloads(hosts).fetch(url, max_bytes=1000)
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
                await Downloads(Hosts.of(own, "files.example")).fetch(
                    f"{own}/{number}", max_bytes=1000
                )
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
    """Who opens connections is known: each of these is tested above, or has its address from the environment alone.

    ``jemmo up`` asks the parts that it started itself.
    """
    source = Path(jemmo.__file__).parent
    opens = re.compile(
        r"^\s*(?:import|from) (?:aiohttp|httpx|requests|urllib3|urllib\.request|http\.client|smtplib|boto3)\b",
        re.MULTILINE,
    )
    found = {
        str(path.relative_to(source))
        for path in source.rglob("*.py")
        if not path.is_relative_to(source / "sandbox") and opens.search(path.read_text())
    }
    assert found - {"cli/operations/parts.py", "cli/operations/demo.py"} == {
        "rest_client/addresses.py",
        "rest_client/client.py",
        "rest_client/download.py",
        "rest_client/outward.py",
        "files/s3.py",
        "files/supabase.py",
        "web/frame/mail.py",
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
    columns.discard("endpoint")  # of webhooks that are sent: ``rest_client.outward`` guards it
    assert not {name for name in columns if "bucket" in name or "endpoint" in name}
