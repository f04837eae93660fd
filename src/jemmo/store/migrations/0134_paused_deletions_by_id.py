"""Stores the ids of all records of a paused deletion instead of a few examples."""

from django.db import migrations

STREAMS = {
    "departments": "department",
    "users": "ats_user",
    "reject_reasons": "reject_reason",
    "jobs": "job",
    "stages": "stage",
    "talents": "talent",
    "applications": "application",
}

MISSED = """
    UPDATE held_deletion h SET remote_ids = (
        SELECT coalesce(jsonb_agg(t.remote_id ORDER BY t.remote_id), '[]'::jsonb) FROM {table} t
        WHERE t.connection_id = h.connection_id AND t.remote_deleted_at IS NULL
            AND t.created_at < h.held_at AND NOT EXISTS (SELECT FROM sighting s
                WHERE s.connection_id = t.connection_id AND s.stream = h.stream
                AND s.remote_id = t.remote_id))
    WHERE h.stream = '{stream}' AND h.closed_at IS NULL"""
"""The records that the last comparison did not find, which are what the waiting decisions cover."""


class Migration(migrations.Migration):
    dependencies = [("store", "0126_content_read_again")]

    operations = [
        migrations.RenameField("helddeletion", "examples", "remote_ids"),
        *(
            migrations.RunSQL(
                MISSED.format(table=table, stream=stream), migrations.RunSQL.noop
            )
            for stream, table in STREAMS.items()
        ),
    ]
