"""Links from an ATS can't lead to forbidden hosts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiohttp import web

from jemmo.domain.errors import ConfigError, RecordRejected, TransientError
from jemmo.rest_client import Downloads, Hosts, LinkDead

HOSTS = Hosts.of("https://api.example.com", "files.example.net, .cdn.example.org")
Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]
Site = tuple[str, dict[str, Handler], list[dict[str, str]]]


@pytest.mark.parametrize(
    "url",
    [
        "https://api.example.com/x",
        "https://files.example.net/x?signature=1",
        "https://eu.files.example.net/x",
        "https://a.cdn.example.org:443/x",
    ],
)
def test_known_hosts_are_followed(url: str) -> None:
    HOSTS.check(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://files.example.net/x",
        "https://evilfiles.example.net.attacker.example/x",
        "https://notfiles.example.net/x",
        "https://files.example.net@evil.example/x",
        "https://files.example.net:8443/x",
        "http://api.example.com/x",
        "https://127.0.0.1/x",
        "https://[::1]/x",
        "file:///etc/passwd",
        "https://[broken",
        "",
    ],
)
def test_other_hosts_are_refused_before_anything_is_sent(url: str) -> None:
    with pytest.raises(ConfigError) as told:
        HOSTS.check(url)
    assert told.value.code == "file_host"


@pytest.fixture
async def storage() -> AsyncIterator[Site]:
    """A file host: its address, its responses by path, and the headers it received."""
    answers: dict[str, Handler] = {}
    seen: list[dict[str, str]] = []

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        seen.append(dict(request.headers))
        return await answers[request.path](request)

    runner = web.ServerRunner(web.Server(handle))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}", answers, seen
    await runner.cleanup()


def says(status: int, body: bytes = b"", **headers: str) -> Handler:
    async def answer(_: web.BaseRequest) -> web.StreamResponse:
        return web.Response(status=status, body=body, headers=headers)

    return answer


async def test_the_file_arrives_and_no_key_is_sent(storage: Site) -> None:
    base, answers, seen = storage
    answers["/moved"] = says(302, Location="/file")
    answers["/file"] = says(200, b"content")

    assert await Downloads(Hosts(base)).fetch(f"{base}/moved", max_bytes=7) == b"content"
    for headers in seen:
        assert not {"Authorization", "X-API-KEY", "Cookie", "Referer"} & set(headers)


async def test_a_redirect_elsewhere_is_not_followed(storage: Site) -> None:
    base, answers, _ = storage
    answers["/x"] = says(302, Location="http://169.254.169.254/latest/meta-data/")
    with pytest.raises(ConfigError) as told:
        await Downloads(Hosts(base)).fetch(f"{base}/x", max_bytes=100)
    assert told.value.code == "file_host"


async def test_the_number_of_redirects_is_limited(storage: Site) -> None:
    base, answers, seen = storage
    answers["/x"] = says(302, Location="/x")
    with pytest.raises(TransientError):
        await Downloads(Hosts(base)).fetch(f"{base}/x", max_bytes=100)
    assert len(seen) == 4


async def test_nothing_beyond_the_limit_is_read(storage: Site) -> None:
    base, answers, _ = storage

    async def endless(request: web.BaseRequest) -> web.StreamResponse:
        answer = web.StreamResponse()  # without a length, so only reading reveals the size
        await answer.prepare(request)
        try:
            while True:
                await answer.write(b"x" * 65536)
        except ConnectionError:
            return answer

    answers["/told"], answers["/untold"] = says(200, b"x" * 2000), endless
    for path in ("/told", "/untold"):
        with pytest.raises(RecordRejected) as told:
            await Downloads(Hosts(base)).fetch(f"{base}{path}", max_bytes=1000)
        assert told.value.code == "too_large"


async def test_each_refusal_has_its_meaning(storage: Site) -> None:
    base, answers, _ = storage
    for status in (404, 410):
        answers["/x"] = says(status)
        assert await Downloads(Hosts(base)).fetch(f"{base}/x", max_bytes=9) is None
    answers["/x"] = says(403)
    with pytest.raises(LinkDead):
        await Downloads(Hosts(base)).fetch(f"{base}/x", max_bytes=9)
    answers["/x"] = says(503)
    with pytest.raises(TransientError):
        await Downloads(Hosts(base)).fetch(f"{base}/x", max_bytes=9)
