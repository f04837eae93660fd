"""Webhooks that mention a person are found through an index, however many are stored."""

from __future__ import annotations

from django.db import connection
from fakes.one_of_each import one_of_each

from jemmo.store.db.scope import EVERYTHING, acting_in, organization_scope
from jemmo.store.webhooks import deliveries

FILL = """
    INSERT INTO webhook_delivery (connection_id, outcome, event, sealed_body, named)
    SELECT %s, 'accepted', '', '', array_agg(n * 100 + i)
    FROM generate_series(1, 20000) n, generate_series(1, 20) i GROUP BY n"""
SCANS = """
    SELECT sum(idx_scan) FILTER (WHERE indexrelname = 'webhook_delivery_named'),
        sum(idx_tup_read) FILTER (WHERE indexrelname <> 'webhook_delivery_named')
    FROM pg_stat_user_indexes WHERE relname = 'webhook_delivery'"""


def test_an_index_finds_names_without_reading_other_webhooks(database_url: str) -> None:
    rows = one_of_each("acme")
    mine = rows["connection"].pk
    with acting_in(EVERYTHING), connection.cursor() as cursor:
        cursor.execute("UPDATE webhook_delivery SET named = '{}'")
        cursor.execute(FILL, [mine])
    with acting_in(organization_scope(rows["organisation"].pk)):
        assert len(deliveries.naming(mine, [*range(700, 721), 1905, 7])) == 2
    with acting_in(EVERYTHING), connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute(SCANS)
        named, others = cursor.fetchone()
    assert named == 1
    assert others == 0
