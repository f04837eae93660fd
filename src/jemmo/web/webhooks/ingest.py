"""Receives webhooks: a small ASGI application next to Django, since it needs no session, page or language.

It responds with only a status. Without the right address a sender learns nothing: every path is refused alike.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from jemmo.domain.errors import TransientError
from jemmo.domain.webhooks import MAX_BODY, Bucket, Outcome
from jemmo.services.webhooks.ingest import WebhookIngest
from jemmo.tracing import known_method, span
from jemmo.vault import default_vault
from jemmo.web.frame.limits import (
    Crowded,
    Gone,
    InFlight,
    Receive,
    Scope,
    Send,
    TooLarge,
    TooSlow,
    answer,
    read_body,
)

PREFIX = "/hooks/"
ROUTE = f"{PREFIX}<secret>/"
UNAVAILABLE, WRONG_METHOD, TOO_SLOW = 503, 405, 408
MAX_SECRET = 200
IN_FLIGHT = 8_000_000
"""Bytes of unfinished bodies per address; twice as many per organization, eight times as many in total."""


class Hooks:
    """The application for ``/hooks/<secret>/``. The first webhook creates its ingest, in the serving event loop."""

    def __init__(self, *, flood: Callable[[], Bucket] = Bucket, in_flight: int = IN_FLIGHT) -> None:
        self._flood = flood
        self._intake: WebhookIngest | None = None
        self._in_flight = InFlight(each=in_flight, all_of_them=8 * in_flight)
        self._of_organizations = InFlight(each=2 * in_flight, all_of_them=8 * in_flight)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        method = known_method(str(scope["method"]))
        with span(f"{method} {ROUTE}", "server", method=method, route=ROUTE) as request:
            request.note(status=await self._respond(scope, receive, send))

    async def _respond(self, scope: Scope, receive: Receive, send: Send) -> int | None:
        """Respond to a webhook. Return the status, ``None`` if the sender is gone."""
        if scope["method"] != "POST":
            await answer(send, WRONG_METHOD)
            return WRONG_METHOD
        try:
            outcome = await self._outcome(scope, receive)
        except TooSlow:
            await answer(send, TOO_SLOW)
            return TOO_SLOW
        except Gone:
            return None
        except (TransientError, Crowded):
            await answer(send, UNAVAILABLE, retry_after="10", closes=True)
            return UNAVAILABLE
        retry_after = "60" if outcome is Outcome.FLOOD else None
        await answer(send, outcome.status, retry_after=retry_after)
        return outcome.status

    async def _outcome(self, scope: Scope, receive: Receive) -> Outcome:
        """The outcome of a delivery. The body is not read if the address refuses it, to save memory."""
        intake = self._webhook_ingest()
        secret = str(scope["path"]).removeprefix(PREFIX).removesuffix("/")[:MAX_SECRET]
        known = await intake.precheck(secret)
        if isinstance(known, Outcome):
            return known
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1")
            for name, value in scope["headers"]
        }
        organization = str(known.org_id)
        with (
            self._in_flight.of(secret) as take,
            self._of_organizations.of(organization) as take_for_organization,
        ):

            def take_part(size: int) -> None:
                take_for_organization(size)
                take(size)

            try:
                body: bytes | None = await read_body(scope, receive, MAX_BODY, take_part)
            except TooLarge:
                body = None
            return await intake.ingest(known, headers, body)

    def _webhook_ingest(self) -> WebhookIngest:
        if self._intake is None:
            self._intake = WebhookIngest(
                os.environ["DATABASE_URL"], default_vault(), flood=self._flood
            )
        return self._intake
