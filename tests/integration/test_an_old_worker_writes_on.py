"""A worker of the previous release keeps writing to newer tables, and the feed misses nothing.

An older worker notices the newer tables within seconds and stops (``test_newer_tables.py``). Until then, it finishes
its pages with statements that know neither the newer columns nor the feed. Its columns are those of its last migration.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db.migrations.loader import MigrationLoader
from fakes.showcase import Showcase
from integration.test_changes_are_numbered import RIGHTS, Copy, session

from jemmo.store.feed import numbering
from jemmo.store.models import FeedPosition, Job, Talent
from jemmo.store.models.by_stream import MODELS

RELEASED = "0159_who_asked_for_webhooks"
"""The last migration of the previous release: before skills of jobs, postings, notes, the feed and tokens."""

INSERT = """
    INSERT INTO {table} ({columns}) SELECT {values} FROM {table}
    WHERE org_id = %(org)s AND remote_deleted_at IS NULL ORDER BY id LIMIT 3"""
UPDATE = """
    UPDATE {table} SET {text} = coalesce({text}, '') || '.', remote_updated_at = now(), modified_at = now()
    WHERE org_id = %(org)s AND remote_id NOT LIKE 'old-%%'"""
DELETE = """
    UPDATE {table} SET remote_deleted_at = now(), modified_at = now()
    WHERE org_id = %(org)s AND remote_id LIKE 'old-%%'"""
TEXTS = {"jobs": "title", "talents": "headline", "applications": "status_original"}


@pytest.fixture(scope="module")
def columns() -> dict[str, list[str]]:
    """Return the columns of each synced table in the previous release."""
    state = MigrationLoader(None).project_state(("store", RELEASED))
    known = {}
    for stream, model in MODELS.items():
        name = ("store", model._meta.model_name)
        if name in state.models:
            old = state.apps.get_model(*name)
            known[str(stream)] = [str(field.column) for field in old._meta.concrete_fields]
    return known


def statements(columns: dict[str, list[str]], kind: str) -> Iterator[str]:
    for name, known in columns.items():
        table = MODELS[name]._meta.db_table  # type: ignore[index]
        values = [
            {"id": "gen_random_uuid()", "remote_id": "'old-' || remote_id"}.get(column, column)
            for column in known
        ]
        yield kind.format(
            table=table,
            columns=", ".join(known),
            values=", ".join(values),
            text=TEXTS.get(name, "name"),
        )


def write(db: psycopg.Connection[Any], columns: dict[str, list[str]], org: Any, kind: str) -> int:
    return sum(
        db.execute(statement.encode(), {"org": org}).rowcount
        for statement in statements(columns, kind)
    )


def test_the_previous_release_lacked_current_columns(columns: dict[str, list[str]]) -> None:
    assert "skills" not in columns["jobs"]
    assert columns.keys() == {str(stream) for stream in MODELS} - {"postings", "notes"}


@pytest.mark.parametrize("began", [True, False], ids=["feed began", "feed begins meanwhile"])
def test_what_an_old_worker_writes_is_in_the_feed(
    database_url: str, showcase: Showcase, columns: dict[str, list[str]], began: bool
) -> None:
    org = showcase.org.id
    old, later = session(database_url, showcase), session(database_url, showcase)
    if not began:
        write(old, columns, org, UPDATE)  # its page isn't committed yet when the feed starts
    numbering.begin(org)
    copies = [Copy(showcase, *rights) for rights in RIGHTS]
    start = FeedPosition.objects.get(org=org).seq

    for kind in (INSERT, UPDATE, DELETE):
        assert write(old, columns, org, kind) > len(columns)
        for copy in copies:
            copy.follow(1000, crashes=False)  # nothing is committed yet
        old.commit()
        Talent.objects.filter(org=org, remote_id="elodie").update(headline=kind[:20])
        for copy in copies:
            copy.prove()
    assert Job.objects.get(org=org, remote_id="old-dev").skills == []
    assert FeedPosition.objects.get(org=org).seq > start

    write(later, columns, org, UPDATE)
    later.rollback()  # stopped in the middle of a page
    for copy in copies:
        copy.prove()
    for db in (old, later):
        db.close()
