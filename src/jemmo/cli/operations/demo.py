"""The demo: an invented company in a simulated ATS, connected and synced."""

from __future__ import annotations

import secrets
import socket
import sys
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import msgspec

from jemmo.cli.operations.parts import Parts
from jemmo.cli.output import out
from jemmo.cli.sync.progress import Bars
from jemmo.cli.sync.syncs import run_until_stopped
from jemmo.domain import numbers
from jemmo.home import home
from jemmo.vault.files import create_private

TALENTS = 1200
ORG, NAME = "maison-exemple", "Maison Exemple"
PEOPLE = {
    "admin@example.com": "admin",
    "recruiter@example.com": "recruiter",
    "viewer@example.com": "viewer",
}


SUPPORT = "support@example.com"


class State(msgspec.Struct):
    """The first start's values that later starts need: the company's day, its keys and the demo's password."""

    epoch: str
    key: str
    password: str
    webhook_key: str = "demo-webhook-key"


def state_file() -> Path:
    return home() / "demo.json"


def state() -> State:
    if not state_file().exists():
        fresh = State(
            epoch=datetime.now(UTC).date().isoformat(),
            key=f"demo-{secrets.token_urlsafe(24)}",
            password=secrets.token_urlsafe(9),
            webhook_key=secrets.token_urlsafe(24),
        )
        create_private(state_file(), msgspec.json.encode(fresh).decode())
    return msgspec.json.decode(state_file().read_bytes(), type=State)


def prepare(parts: Parts, database_url: str, web: str) -> str:
    """Start the simulated ATS, connect it, and run the first sync with its progress on the terminal.

    The ATS announces its changes to ``web``, the URL of the web application. Returns the ATS's own URL.
    """
    own = state()
    port = free_port()
    arguments = ["teamtailor", "--port", str(port), "--talents", str(TALENTS), "--seed", "7"]
    arguments += ["--key", own.key, "--epoch", own.epoch, "--webhook-key", own.webhook_key]
    arguments += ["--journal", str(home() / "demo-sandbox.jsonl")]
    parts.start("simulated ATS", ["jemmo.sandbox", *arguments])
    address = f"http://127.0.0.1:{port}"
    parts.await_answer(f"{address}/__sandbox__/requests")
    _connect_and_sync(own, address, database_url, web)
    return address


def _connect_and_sync(own: State, address: str, database_url: str, web: str) -> None:
    from jemmo.services.accounts import accounts
    from jemmo.services.connections import connections
    from jemmo.services.sync.runner import sync
    from jemmo.vault import default_vault

    org = accounts.ensure_organisation(ORG, NAME)
    for email, role in PEOPLE.items():
        accounts.add_member(org, email, role, own.password, verified=True)
    accounts.ensure_support(SUPPORT, own.password)
    made = connections.connect(org, "teamtailor", own.key, vault=default_vault(), base_url=address)
    announce(made.id, own, ats=address, web=web)
    first = "the first sync reads all records" if made.is_new else "reading what changed"
    out.print(f"Connected to a simulated Teamtailor; {first} …")
    with Bars("demo", shown=sys.stderr.isatty(), expected=made.report.totals) as bars:
        report = run_until_stopped(
            sync(made.id, database_url=database_url, vault=default_vault(), progress=bars)
        )
    counted = ", ".join(
        numbers.counted(report.counts(stream).fetched, stream) for stream in numbers.RECORDS
    )
    out.print(
        f"{report.mode.capitalize()} sync {report.status} in {report.seconds:.1f} s "
        f"and {report.requests} requests: read {counted}."
    )


def announce(connection_id: UUID, own: State, *, ats: str, web: str) -> None:
    """Make the simulated ATS send webhooks, so that its changes arrive at once."""
    from jemmo.services.webhooks import endpoints
    from jemmo.store.models import Connection
    from jemmo.vault import default_vault

    connection = Connection.objects.get(id=connection_id)
    path = endpoints.set_signing_key(connection, own.webhook_key, default_vault()).path
    order = msgspec.json.encode({"url": f"{web}{path}"})
    with urllib.request.urlopen(f"{ats}/__sandbox__/webhooks", order):  # noqa: S310 - our own address
        pass


def tell_logins(web: str) -> None:
    password = state().password
    for email, role in PEOPLE.items():
        out.print(f"  {role:<10} {email:<24} password {password}", markup=False)
    out.print(f"  {'support':<10} {SUPPORT:<24} password {password}", markup=False)
    out.print(f"Support answers the help chat at {web}/admin/.", soft_wrap=True)


def tell_ats(ats: str, web: str) -> None:
    out.print(f"The simulated ATS listens on {ats}.", soft_wrap=True)
    out.print(f"To change a record there and watch the change arrive: {web}/demo/", soft_wrap=True)


def free_port() -> int:
    """A free port of this machine."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
