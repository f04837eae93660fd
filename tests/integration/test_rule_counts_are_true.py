"""The number next to each rule counts the records that it excludes, in any combination of rules."""

from __future__ import annotations

from collections import Counter
from functools import partial
from itertools import chain, combinations

import pytest
from contracts.companies import connected
from contracts.harness import start
from contracts.vendors.greenhouse import GREENHOUSE
from contracts.vendors.jarvi import JARVI
from contracts.vendors.teamtailor import TEAMTAILOR
from fakes.company import in_thread

from jemmo.domain.rules import RULES, Exclusion
from jemmo.services.records import quality, rules
from jemmo.store.db.scope import Scope, acting_in
from jemmo.store.models import Job, Organisation, Talent

pytestmark = pytest.mark.one_server


def excluded(org: Organisation) -> dict[Exclusion, int]:
    """Return the excluded records according to the tables."""
    found: Counter[str | None] = Counter()
    for rows in (Job.objects.all(), Talent.objects.all()):
        stored = rows.filter(org=org, remote_deleted_at=None).exclude(excluded_reason=None)
        found.update(list(stored.values_list("excluded_reason", flat=True)))
    return {one: found[one.value] for one in Exclusion}


def check(excludes: set[Exclusion]) -> None:
    org = Organisation.objects.get()
    rules.change(org, excludes, hired_days=90, seen=rules.rules_fingerprint(org))
    now = rules.counts(org)
    true = excluded(org)
    assert {one: now[one] for one in excludes} == {one: true[one] for one in excludes}
    report = quality.report(org, vault=None)
    hidden = sum(
        one.held.hidden
        for connection in report.connections
        for one in connection.streams
        if one.stream in ("jobs", "talents")
    )
    assert hidden == sum(now[one] for one in excludes)
    with acting_in(Scope(org=org.id, contacts=True)):
        assert rules.counts(org) == now, "everybody reads the same numbers"


@pytest.mark.long
async def test_a_rule_counts_what_it_excludes(database_url: str) -> None:
    async with (
        start(TEAMTAILOR, talents=60) as one,
        start(JARVI, talents=30) as two,
        start(GREENHOUSE, talents=60) as three,
    ):
        for ats in (one, two, three):
            await (await connected(ats, database_url)).sync()
    assert await in_thread(Talent.objects.filter(is_private=True).count)
    sets = chain.from_iterable(combinations(RULES, size) for size in range(5))
    for excludes in reversed(list(sets)):
        await in_thread(partial(check, set(excludes)))
