"""Adds a notification kind for API key reminders."""

from django.db import migrations, models

KINDS = [
    "sync_failed",
    "sync_attention",
    "sync_recovered",
    "first_sync_done",
    "sync_done",
    "key_reminder",
]


class Migration(migrations.Migration):
    dependencies = [("store", "0094_tags_searched")]

    operations = [
        migrations.RemoveConstraint("notification", "notification_kind_known"),
        migrations.AddConstraint(
            "notification",
            models.CheckConstraint(
                condition=models.Q(kind__in=KINDS), name="notification_kind_known"
            ),
        ),
    ]
