"""The demonstration: an invented company in a simulated ATS, connected and synced."""

from __future__ import annotations

import secrets
import socket
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from jemmo.cli.output import explained_errors, out
from jemmo.cli.progress import Bars
from jemmo.cli.sandbox import command
from jemmo.cli.syncs import run_until_stopped
from jemmo.home import home
from jemmo.vault.files import create_private

TALENTS = 1200
ORG, NAME = "maison-exemple", "Maison Exemple"
PEOPLE = {
    "admin@example.com": "admin",
    "recruiter@example.com": "recruiter",
    "viewer@example.com": "viewer",
}


class State(msgspec.Struct):
    """What a second start must find again: the company's day, its key and the demo's password."""

    epoch: str
    key: str
    password: str


def state_file() -> Path:
    return home() / "demo.json"


def state() -> State:
    if not state_file().exists():
        fresh = State(
            epoch=datetime.now(UTC).date().isoformat(),
            key=f"demo-{secrets.token_urlsafe(24)}",
            password=secrets.token_urlsafe(9),
        )
        create_private(state_file(), msgspec.json.encode(fresh).decode())
    return msgspec.json.decode(state_file().read_bytes(), type=State)


def prepare(start: Callable[[str, list[str]], None], database_url: str) -> None:
    """Start the simulated ATS, connect it, and run the first sync with its progress on the terminal."""
    own = state()
    port = free_port()
    arguments = ["teamtailor", "--port", str(port), "--talents", str(TALENTS), "--seed", "7"]
    arguments += ["--key", own.key, "--epoch", own.epoch]
    arguments += ["--journal", str(home() / "demo-sandbox.jsonl")]
    start("sandbox", command(arguments))
    address = f"http://127.0.0.1:{port}"
    _await_sandbox(address)
    with explained_errors():
        _connect_and_sync(own, address, database_url)


def _connect_and_sync(own: State, address: str, database_url: str) -> None:
    from jemmo.services import accounts, connections
    from jemmo.services.syncs import sync
    from jemmo.vault import default_vault

    org = accounts.ensure_organisation(ORG, NAME)
    for email, role in PEOPLE.items():
        accounts.add_member(org, email, role, own.password)
    made = connections.connect(org, "teamtailor", own.key, vault=default_vault(), base_url=address)
    first = "the first sync reads everything" if made.is_new else "reading what changed"
    out.print(f"Connected to a simulated Teamtailor; {first} …")
    with Bars("demo", shown=sys.stderr.isatty()) as bars:
        report = run_until_stopped(
            sync(made.id, database_url=database_url, vault=default_vault(), progress=bars)
        )
    counted = ", ".join(f"{counts.fetched:,} {stream}" for stream, counts in report.streams.items())
    out.print(
        f"{report.mode.capitalize()} sync {report.status} in {report.seconds:.1f} s "
        f"and {report.requests} requests: {counted or 'nothing new'}."
    )


def tell_logins() -> None:
    password = state().password
    for email, role in PEOPLE.items():
        out.print(f"  {role:<10} {email:<24} password {password}", markup=False)


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await_sandbox(address: str) -> None:
    while True:
        try:
            with urllib.request.urlopen(f"{address}/__sandbox__/requests", timeout=5):  # noqa: S310
                return
        except urllib.error.HTTPError:
            return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            continue
