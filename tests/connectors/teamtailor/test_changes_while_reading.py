"""The account changes between pages; a reconcile makes everything equal, and no existing record is deleted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from connectors.teamtailor.conftest import Connect
from fakes.teamtailor_truth import assert_equal_to_truth, truth

from jemmo.domain.outcomes import Counts, RunStatus
from jemmo.domain.streams import Checkpoint, Mode, Stream
from jemmo.sandbox import SandboxServer

Apply = Callable[[str, dict[str, Any]], Any]


class Meddler:
    """Changes the account after each written page. Implements ``jemmo.domain.ports.Progress``."""

    def __init__(self, sandbox: SandboxServer, orders: list[str]) -> None:
        self.world = sandbox.world
        self.changes: Any = getattr(sandbox.provider, "changes")  # noqa: B009 - Teamtailor's own
        self.orders = orders
        self.turn = 0

    def update(self, stream: Stream, counts: Counts, checkpoint: Checkpoint) -> None:
        self.turn += 1
        for order in self.orders:
            getattr(self, order)()

    def _do(self, op: str, kind: str, **order: Any) -> None:
        self.changes.apply({"op": op, "type": kind, **order})

    def delete_first(self) -> None:
        self._do("delete", "candidates", id=min(self.world.ids("candidates")))

    def delete_first_application(self) -> None:
        self._do("delete", "job-applications", id=min(self.world.ids("job-applications")))

    def create(self) -> None:
        self._do("create", "candidates", attributes={"first-name": f"New {self.turn}"})

    def edit_first(self) -> None:
        first = min(self.world.ids("candidates"))
        self._do("edit", "candidates", id=first, attributes={"pitch": f"v{self.turn}"})

    def edit_last(self) -> None:
        last = max(self.world.ids("candidates"))
        self._do("edit", "candidates", id=last, attributes={"pitch": f"v{self.turn}"})


ORDERS = [
    ["delete_first"],
    ["create"],
    ["delete_first", "create"],
    ["edit_first", "edit_last"],
    ["delete_first_application", "delete_first", "create", "edit_last"],
]


@pytest.mark.sample(3)
@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize(
    ("orders", "paging"),
    [*((orders, "number") for orders in ORDERS), (ORDERS[-1], "cursor_all")],
    ids=lambda value: value if isinstance(value, str) else ",".join(value),
)
async def test_changes_between_pages_are_correct_after_a_reconcile(
    connect: Connect, orders: list[str], mode: Mode, paging: str
) -> None:
    sandbox, company = await connect(options={"page_size": "10"}, switches={"paging": paging})
    if mode is not Mode.INITIAL:
        await company.sync()

    report = await company.sync(mode, progress=Meddler(sandbox, orders))

    assert report.status in {RunStatus.SUCCEEDED, RunStatus.PARTIAL}, report
    present = {one["id"] for one in await truth(sandbox, "candidates")}
    buried = await company.rows("SELECT remote_id FROM talent WHERE remote_deleted_at IS NOT NULL")
    assert not {row[0] for row in buried} & present
    again = await company.sync(Mode.RECONCILE)
    assert again.status is RunStatus.SUCCEEDED, again
    await assert_equal_to_truth(sandbox, company)
