"""Adds notification kinds for late and slow syncs."""

from django.db import migrations, models

KINDS = [
    "sync_failed",
    "sync_attention",
    "sync_recovered",
    "first_sync_done",
    "sync_done",
    "retention_held",
    "key_reminder",
    "sync_late",
    "sync_slow",
]


class Migration(migrations.Migration):
    dependencies = [("store", "0110_request_count")]

    operations = [
        migrations.RemoveConstraint("notification", "notification_kind_known"),
        migrations.AddConstraint(
            "notification",
            models.CheckConstraint(
                condition=models.Q(kind__in=KINDS), name="notification_kind_known"
            ),
        ),
    ]
