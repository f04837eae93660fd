"""Every process has a limit on its database connections."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import jemmo
from jemmo.domain.errors import ConfigError
from jemmo.services.webhooks.ingest import WebhookIngest
from jemmo.store.db import budget
from jemmo.vault import open_vault

SUPERUSERS, OPERATOR = 3, 30


def test_everything_leaves_room_for_an_operator_on_the_embedded_server() -> None:
    conf = (Path(jemmo.__file__).parent / "embedded" / "postgres.conf").read_text()
    found = re.search(r"^max_connections = (\d+)", conf, re.MULTILINE)
    assert found
    assert budget.everything() <= int(found[1]) - SUPERUSERS - OPERATOR


def test_the_documentation_has_the_same_numbers() -> None:
    page = " ".join((Path(__file__).parents[3] / "docs" / "operations.md").read_text().split())
    web, worker = budget.web(), budget.Worker()
    for line in (
        f"| `jemmo web` | {web.total} | {web.pages} pages at the same time, {web.downloads} long downloads, "
        f"{web.probes} for `/readyz` and `/metrics`, {web.webhooks} for webhooks, and {web.events} to listen",
        f"| `jemmo worker`, {worker.concurrency} syncs at the same time | {worker.total} | "
        f"{worker.per_sync} per sync, {worker.threads} for short tasks",
        f"| **`jemmo up` with its parts** | **{budget.everything()}** |",
        f"| any other command | 1; {budget.COMMAND} while it syncs |",
        f"| `{budget.WEB_CONNECTIONS}` | ",
        f"waits up to {budget.PAGE_WAIT:.0f} seconds for a connection, `/readyz` and webhooks wait up to "
        f"{budget.WEBHOOK_WAIT:.0f}, and opening a connection may take up to {budget.CONNECT_WAIT:.0f}.",
    ):
        assert line in page


@pytest.mark.parametrize("total", [4, 5, 6, 9, 12, 16, 60])
def test_an_operator_can_set_the_connections_of_a_web_process(
    total: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(budget.WEB_CONNECTIONS, str(total))
    web = budget.web()
    assert web.total == total
    assert min(web.pages, web.probes, web.webhooks, web.events) >= 1


@pytest.mark.parametrize("value", ["3", "0", "-1", "many", "٣٠", "1e3"])
def test_a_wrong_number_is_refused_with_the_name_of_its_variable(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(budget.WEB_CONNECTIONS, value)
    with pytest.raises(ConfigError, match="JEMMO_WEB_CONNECTIONS must be a whole number, 4 or"):
        budget.web()


async def test_webhooks_stay_within_their_part_of_the_budget(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(budget.WEB_CONNECTIONS, str(budget.WEB_LEAST))
    pool = WebhookIngest("postgresql:///nowhere", open_vault(tmp_path / "keyset.json"))._pool
    assert pool.max_size == budget.web().webhooks == 1
    assert pool.timeout == budget.WEBHOOK_WAIT
