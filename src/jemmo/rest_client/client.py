"""A client for one API that paces and retries its requests and never sends the key to another host."""

from __future__ import annotations

import asyncio
import random
import ssl
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any, TypeVar
from urllib.parse import urlencode

import aiohttp
import msgspec
from msgspec.structs import replace
from yarl import URL

from jemmo.domain.errors import ConfigError, JemmoError, PermanentError, RateLimited, TransientError
from jemmo.domain.ports import PaceState, SharedPace
from jemmo.domain.validation import join_address
from jemmo.rest_client import amounts, retries, routes
from jemmo.rest_client.addresses import connector, counting, is_trusted_ats
from jemmo.rest_client.headers import clock, pause_asked, rate_limit_headers, retry_after
from jemmo.rest_client.own_addresses import OwnAddresses, with_query
from jemmo.rest_client.pacing import MAX_HOLD, Pacer, RateLimitStatus
from jemmo.rest_client.redaction import address
from jemmo.rest_client.repair import repaired
from jemmo.rest_client.retries import attempts, backoff, patience, postponed, until_cut_off

T = TypeVar("T")

CLOCKS_AGREE = 60.0  # seconds; Date headers have whole seconds, and responses take a while
CONNECTIONS = 8  # concurrent, to one ATS
REDIRECTS = 3  # followed, within the same host
MOVED = frozenset({301, 302, 303, 307, 308})
JSON, FORM = "application/json", "application/x-www-form-urlencoded"
_TIMEOUT = aiohttp.ClientTimeout(total=120, connect=15, sock_read=45)


class Answer(msgspec.Struct, frozen=True):
    """A response as received: status, headers with lower-case names, body, and the requested address."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str = ""


class Question(msgspec.Struct, frozen=True):
    """One read request. ``body`` is sent by POST: a search, or the form that requests a token."""

    url: str
    body: bytes | None = None
    kind: str = JSON

    @property
    def method(self) -> str:
        return "GET" if self.body is None else "POST"


Refuse = Callable[[Answer], JemmoError]
Pause = Callable[[int, float], float]
Turn = Callable[[], AbstractAsyncContextManager[None]]
Sign = Callable[[Mapping[str, str] | None], Awaitable[Mapping[str, str]]]
"""Returns headers with a token, or new ones if called with the headers that were refused."""


class RestClient:
    """Sends read requests to one base address: GET, and POST for APIs whose searches use it.

    refuse   turns a response other than 200 into this vendor's error; only ``TransientError`` is retried
    shared   coordinates the pace of all processes that use the same key
    turn     context entered before each request, retries included, and left with its response: it may wait, refuse,
             and measure how long the ATS took
    pause    returns the time before the next attempt if the ATS doesn't say
    sign     adds headers to each request; if they are refused (401), the request is repeated once
    nothing  body to assume for a response without content (204), such as this API's empty list

    ``received`` counts the uncompressed bytes of all responses. ``clock_off`` is the number of seconds by which the
    ATS's clock is ahead of ours (negative if behind), according to its responses; small differences count as 0.
    """

    def __init__(
        self,
        base_url: str,
        *,
        headers: Mapping[str, str],
        refuse: Refuse,
        pacer: Pacer | None,
        shared: SharedPace | None = None,
        connections: int = CONNECTIONS,
        turn: Turn = nullcontext,
        pause: Pause = backoff,
        sign: Sign | None = None,
        nothing: bytes = b"[]",
    ) -> None:
        self.base_url = base_url.rstrip("/")
        own = OwnAddresses(self.base_url)
        self.same_host, self.path_of = own.same_host, own.path_of
        self.requests = self.received = 0
        self.clock_off = 0.0
        self._headers = dict(headers)
        self._refuse = refuse
        self._pacer = pacer
        self._shared = shared
        self._next = asyncio.Lock()
        self._connections = connections
        self._turn = turn
        self._pause = pause
        self._sign = sign
        self._nothing = nothing
        self._in_flight = 0
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        amounts.places.leave(self)
        if self._session is not None:
            await self._session.close()
            self._session = None

    def get(self, path: str, decode: Callable[[bytes], T]) -> Coroutine[Any, Any, T]:
        """Return the decoded body of ``path``, which may be an address on the same host.

        Raises the error from ``refuse`` for the last response, ``TransientError`` for a persistent network failure, and
        ``PermanentError`` for a body that can't be decoded after all retries.
        """
        return self.ask(path, lambda answer: decode(answer.body))

    def ask(self, path: str, decode: Callable[[Answer], T]) -> Coroutine[Any, Any, T]:
        """Like ``get``, but with the response's headers, which may link to the next page."""
        return self._ask(Question(self.same_host(path)), decode)

    async def answer(self, path: str, *, expected: frozenset[int] = frozenset({200})) -> Answer:
        """Like ``get``, for a response that is not JSON and whose status matters."""

        def read(answer: Answer) -> Answer:
            if answer.status not in expected:
                raise self._refuse(answer)
            return answer

        follow = not expected & MOVED
        return await self._retried(Question(self.same_host(path)), read, follow=follow)

    async def search(self, path: str, criteria: object, decode: Callable[[bytes], T]) -> T:
        """Like ``get``, for a search whose criteria are the JSON body of a POST."""
        question = Question(self.same_host(path), msgspec.json.encode(criteria))
        return await self._ask(question, lambda answer: decode(answer.body))

    async def submit(self, path: str, fields: Mapping[str, str], decode: Callable[[bytes], T]) -> T:
        """Like ``get``, for form requests, such as exchanging a key for a token."""
        question = Question(self.same_host(path), urlencode(fields).encode(), FORM)
        return await self._ask(question, lambda answer: decode(answer.body))

    def _ask(self, question: Question, decode: Callable[[Answer], T]) -> Coroutine[Any, Any, T]:
        return self._retried(question, lambda answer: self._read(answer, question.url, decode))

    async def _retried(
        self, question: Question, read: Callable[[Answer], T], *, follow: bool = True
    ) -> T:
        attempt, refused, waited = 1, 0, 0.0
        send = self._followed if follow else self._send
        while True:
            try:
                return read(await send(question))
            except RateLimited as error:
                refused += 1
                pause = error.retry_after or self._pause(attempt + refused, random.random())
                waited += pause
                if waited > patience():
                    raise postponed(pause) from None
                await retries.pause(pause)
            except (TransientError, _Undecodable) as error:
                code = error.code if isinstance(error, TransientError) else ""
                if attempt >= attempts(code):
                    raise error.final() if isinstance(error, _Undecodable) else error from None
                await retries.pause(self._pause(attempt, random.random()))
                attempt += 1

    def _read(self, answer: Answer, url: str, decode: Callable[[Answer], T]) -> T:
        if answer.status == 204:
            return decode(replace(answer, body=self._nothing))
        if answer.status != 200:
            raise self._refuse(answer)
        try:
            amounts.bounded(answer.body)
            return decode(answer)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            pass
        try:
            if body := repaired(answer.body, answer.headers.get("Content-Type")):
                return decode(replace(answer, body=amounts.bounded(body)))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            pass
        raise _Undecodable(url, answer)

    async def _followed(self, question: Question) -> Answer:
        """Return the response, after following redirects on the same host, such as to a trailing slash."""
        answer = await self._send(question)
        for _ in range(REDIRECTS):
            place = self._place(question, answer)
            if place is None:
                break
            question = replace(question, url=place)
            answer = await self._send(question)
        return answer

    def _place(self, question: Question, answer: Answer) -> str | None:
        """Return a redirect's target if the key may be sent there and no query parameter is dropped."""
        keeps = answer.status in {307, 308} or question.body is None
        if answer.status not in MOVED or not keeps or not answer.headers.get("Location"):
            return None
        try:
            place = self.same_host(join_address(question.url, answer.headers["Location"]))
            return with_query(place, question.url)
        except (PermanentError, ValueError):
            return None

    async def _send(self, question: Question) -> Answer:
        if self._sign is None:
            return await self._sent(question, {})
        signed = await self._sign(None)
        answer = await self._sent(question, signed)
        if answer.status == 401:
            answer = await self._sent(question, await self._sign(signed))
        return answer

    async def _sent(self, question: Question, signed: Mapping[str, str]) -> Answer:
        if self._pacer is not None:
            await self._await_turn(self._pacer)
        async with self._turn():
            with routes.request_span(question.method, question.url) as span:
                answer = await self._attempt(question, signed)
                span.note(status=answer.status)
                return answer

    async def _attempt(self, question: Question, signed: Mapping[str, str]) -> Answer:
        url = question.url
        self._in_flight += 1
        try:
            return await self._fetch(question, signed)
        except aiohttp.ClientSSLError as error:
            raise _tls(url, error) from None
        except ssl.SSLError as error:
            raise _tls(url, error) from None
        except aiohttp.ClientConnectorError:
            raise TransientError("host_unreachable", host=address(url)) from None
        except TimeoutError:
            raise TransientError("timeout", host=address(url)) from None
        except (aiohttp.ClientError, ConnectionError):
            raise TransientError("connection_lost", host=address(url)) from None
        finally:
            self._in_flight -= 1

    def _count(self) -> None:
        self.requests += 1

    async def _fetch(self, question: Question, signed: Mapping[str, str]) -> Answer:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                headers=self._headers,
                timeout=_TIMEOUT,
                connector=connector(trusted=is_trusted_ats(self.base_url), limit=self._connections),
                auto_decompress=True,
                cookie_jar=aiohttp.DummyCookieJar(),
                trace_configs=[counting(self._count)],
            )
        async with (
            until_cut_off(),
            self._session.request(
                question.method,
                URL(question.url, encoded=True),
                data=question.body,
                headers={**signed, **({"Content-Type": question.kind} if question.body else {})},
                allow_redirects=False,
            ) as response,
        ):
            body = await self._body(response)
            answer = Answer(response.status, response.headers, body, question.url)
        self.received += len(body)
        if (server_time := clock(answer.headers)) is not None:
            off = server_time - time.time()
            self.clock_off = off if abs(off) > CLOCKS_AGREE else 0.0
        if self._pacer is not None:
            await self._learn(answer, self._pacer)
        return answer

    async def _body(self, response: aiohttp.ClientResponse) -> bytes:
        """Read the whole decompressed body, with a limit, since the declared size is compressed or missing."""
        largest = amounts.largest()
        if (response.content_length or 0) > largest:
            raise amounts.too_large()
        body = bytearray()
        async for chunk in response.content.iter_any():
            body += chunk
            if len(body) > largest:
                raise amounts.too_large()
            if len(body) > amounts.LARGE:
                await amounts.places.take(self)
        return bytes(body)

    async def _await_turn(self, pacer: Pacer) -> None:
        async with self._next:  # one at a time, so that no process reserves ahead of others
            wait = await self._paced(pacer, lambda now: pacer.reserve(now, patience()) - now)
            if wait > patience():
                raise postponed(wait)
            if wait > 0:
                await retries.pause(wait)

    async def _paced(self, pacer: Pacer, decide: Callable[[float], T]) -> T:
        """Return the result of ``decide`` for the shared state of all processes with this key."""
        if self._shared is None:
            return decide(asyncio.get_running_loop().time())

        def together(state: PaceState) -> T:
            pacer.share_in(state)
            decision = decide(state.now)
            pacer.share_out(state)
            return decision

        return await self._shared.change(together)

    async def _learn(self, answer: Answer, pacer: Pacer) -> None:
        rate = rate_limit_headers(answer.headers, time.time())
        asked = retry_after(answer.headers.get("Retry-After"), clock(answer.headers) or time.time())
        status = RateLimitStatus(
            limit=rate.limit,
            remaining=rate.remaining,
            reset=rate.reset,
            in_flight=self._in_flight,
        )
        refused = answer.status == 429
        if not refused and not pacer.changes_limit(status):
            return

        def learn(now: float) -> None:
            pacer.apply_status(now, status)
            if refused:
                pacer.hold(now, asked or pacer.left(rate.reset) or 1.0)

        await self._paced(pacer, learn)


def rate_limited(answer: Answer) -> RateLimited:
    """Return the error for a 429, with the wait from ``Retry-After`` or the rest of the window."""
    wait = pause_asked(answer.headers, time.time())
    return RateLimited(retry_after=None if wait is None else min(wait, MAX_HOLD) + 0.1)


class _Undecodable(Exception):
    """A 200 with an invalid body. It is retried, since proxies and broken connections can cause it."""

    def __init__(self, url: str, answer: Answer) -> None:
        super().__init__()
        self.url = url
        self.is_html = answer.body.lstrip()[:1] == b"<"

    def final(self) -> JemmoError:
        if self.is_html:
            return PermanentError("not_an_api", host=address(self.url))
        return TransientError("broken_answer", host=address(self.url))


def _tls(url: str, error: Exception) -> ConfigError:
    return ConfigError("tls", host=address(url), reason=getattr(error, "reason", None) or "TLS")
