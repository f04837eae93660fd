"""Prints what a probe of an ATS account found: names of properties and their types, never a value."""

from __future__ import annotations

from typing import Any

from jemmo.cli.output import out, print_json
from jemmo.cli.startup import start
from jemmo.domain.errors import ConfigError


def print_probe(provider: str | None, org: str | None, *, json: bool) -> None:
    url = start()
    from jemmo.services.connections import connections, key_tests
    from jemmo.vault import default_vault

    targets = connections.usable_connections(provider, org)
    if not targets:
        raise ConfigError("no_connection")
    if provider is None:
        raise ConfigError("no_provider", provider=targets[0].provider)
    vault = default_vault()
    looked = [(connection, key_tests.probe(connection, vault, url)) for connection in targets]
    if json:
        reports = [
            {"connection_id": connection.id, "probed": probed} for connection, probed in looked
        ]
        print_json({"connections": reports})
        return
    for connection, probed in looked:
        out.print(f"{connection.org.slug} / {connection.provider}", markup=False)
        for address in probed:
            _tell(address)


def _tell(address: Any) -> None:
    out.print(f"\n{address.address}: {address.answer}", markup=False)
    for path, kinds in address.paths.items():
        out.print(f"  {path}  {kinds}", markup=False, soft_wrap=True)
    for hint in address.hints:
        out.print(f"  → looks like --option {hint}", markup=False)
