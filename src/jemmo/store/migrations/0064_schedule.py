"""Adds each connection's due time, the organization's schedule, and the scope of a run."""

from django.db import migrations, models
from django.db.models.functions import Now


AS_BEFORE = """
    UPDATE connection c SET due_at = coalesce(
        (SELECT max(r.started_at) + c.sync_every_hours * interval '1 hour' FROM sync_run r
            WHERE r.connection_id = c.id),
        c.initial_not_before, c.created_at)"""


class Migration(migrations.Migration):
    dependencies = [("store", "0063_notifications")]

    operations = [
        migrations.AddField("organisation", "schedule", models.JSONField(blank=True, db_default={}, default=dict)),
        migrations.AddField("connection", "failures", models.IntegerField(db_default=0, default=0)),
        migrations.AddField("connection", "due_at", models.DateTimeField(db_default=Now())),
        migrations.RunSQL(AS_BEFORE, migrations.RunSQL.noop),
        migrations.RemoveField("connection", "initial_not_before"),
        migrations.AddIndex("connection", models.Index(fields=["due_at"], name="connection_due")),
        migrations.AddField(
            "syncrun", "scope", models.CharField(blank=True, db_default="", default="", max_length=20)
        ),
    ]
