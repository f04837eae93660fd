"""No outgoing request can reach the installation's internal network."""

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
    """A server that only this machine can reach, and the data it received."""
    heard: list[bytes] = []

    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read(100))
        writer.close()

    server = await asyncio.start_server(hear, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], heard


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    """A simulated name server: each name returns its answers one after another, then always the last."""
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
async def test_a_name_of_an_internal_address_is_refused(address: str, names: Names) -> None:
    """Also if another of its addresses is public, since the choice between them is random."""
    names({"ats.example": [["93.184.215.14", address]]})
    with pytest.raises(ConfigError) as refused:
        await asked("https://ats.example/v1")
    assert refused.value.code == "address_not_public"
    with pytest.raises(ConfigError):
        await post_json("https://ats.example/hook", {"text": "hello"})


async def test_a_name_that_changes_its_address_gains_nothing(names: Names) -> None:
    """The checked address is the one used for the connection; the name isn't resolved again."""
    told = names({"ats.example": [["93.184.215.14"], ["127.0.0.1"]]})
    found = await Guarded().resolve("ats.example", 443)
    assert [one["host"] for one in found] == ["93.184.215.14"]
    assert told == ["ats.example"]
    with pytest.raises(ConfigError):
        await Guarded().resolve("ats.example", 443)


async def test_the_operator_can_allow_a_host(
    inside: tuple[int, list[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    port, heard = inside
    url = f"https://localhost:{port}"
    with pytest.raises(ConfigError):
        await asked(url)
    assert heard == []
    monkeypatch.setenv("JEMMO_ATS_HOSTS", "ats.internal.example, localhost")
    assert is_trusted_ats(url)
    assert is_trusted_ats("http://127.0.0.1:8080")  # only on the command line
    assert not is_trusted_ats("https://api.ats.example")


@pytest.mark.parametrize("address", PRIVATE)
def test_internal_addresses(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses(address: str) -> None:
    assert is_public(address)


@pytest.mark.usefixtures("no_retry_pauses")  # names that don't resolve are retried
@pytest.mark.parametrize("host", DISGUISED)
async def test_disguised_numeric_addresses_are_refused_everywhere(
    host: str, inside: tuple[int, list[bytes]]
) -> None:
    """The address used for the connection is checked, whatever the spelling of the host."""
    port, heard = inside
    url = f"https://{host}:{port}/x"

    with pytest.raises(ConfigError):
        await post_json(url, {"text": "hello"})
    with pytest.raises(ConfigError):
        check_public(url, ())
    with pytest.raises(JemmoError):
        await asked(f"https://{host}:{port}")
    with pytest.raises(JemmoError):  # the ATS's own host, so that only the connection is checked
        await Downloads(Hosts.of(f"https://{host}:{port}", "files.example")).fetch(
            url, max_bytes=1000
        )
    assert heard == []


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
async def test_the_socket_itself_is_guarded(address: str, inside: tuple[int, list[bytes]]) -> None:
    """A numeric host is never resolved, so only the code that opens the socket knows the destination."""
    port, heard = inside
    host = f"[{address}]" if ":" in address else address
    async with aiohttp.ClientSession(connector=connector(trusted=False)) as session:
        with pytest.raises(ConfigError):
            await session.get(f"http://{host}:{port}/")
        with pytest.raises(ConfigError):
            await session.get(f"http://localhost:{port}/")
    assert heard == []


async def test_a_file_is_not_fetched_from_an_internal_address(
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


async def test_a_redirect_to_an_internal_address_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The ATS's own host may redirect to file hosts, but not to forbidden addresses."""
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
            with pytest.raises(PermanentError):  # API requests never follow redirects
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
async def test_a_chat_cannot_have_an_internal_address(url: str) -> None:
    with pytest.raises(ConfigError):
        await post_json(url, {"text": "hello"})


def test_all_outgoing_connections_are_known() -> None:
    """Every module that opens connections is tested above, or gets its address only from the environment.

    ``jemmo up`` only connects to the parts that it has started.
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
    }


def test_only_the_operator_sets_the_file_storage() -> None:
    """No table and no form contains the address of a bucket."""
    from jemmo.store import models

    columns = {
        field.name
        for model in vars(models).values()
        if isinstance(model, type) and hasattr(model, "_meta")
        for field in model._meta.get_fields()
    }
    columns.discard("endpoint")  # of outgoing webhooks, guarded by ``rest_client.outward``
    assert not {name for name in columns if "bucket" in name or "endpoint" in name}
