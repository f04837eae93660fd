from django.db import migrations, models
from django.db.models import Index, Q
from django.db.models.functions import Greatest, Now


class Migration(migrations.Migration):
    """Adds indexes that keep periodic statements fast, however many talents there are."""

    dependencies = [("store", "0105_proved_addresses")]

    operations = [
        migrations.AddField(
            "connection", "files_due_at", models.DateTimeField(db_default=Now(), null=True)
        ),
        migrations.AddIndex(
            "connection",
            Index(
                fields=["files_due_at"],
                condition=Q(files_due_at__isnull=False),
                name="connection_files_due",
            ),
        ),
        migrations.AddIndex(
            "fileversion",
            Index(fields=["id"], condition=Q(text_status="PENDING"), name="file_version_unread"),
        ),
        migrations.AddIndex(
            "notification",
            Index(fields=["last_at"], condition=Q(fold=None), name="notification_closed"),
        ),
        migrations.AddIndex(
            "rejection",
            Index(fields=["at"], condition=Q(remote_id=None), name="rejection_nameless"),
        ),
        migrations.AddIndex("syncrun", Index(fields=["started_at"], name="sync_run_age")),
        migrations.AddIndex(
            "syncrun",
            Index(fields=["connection"], condition=Q(status="running"), name="sync_run_running"),
        ),
        migrations.AddIndex(
            "talent",
            Index(
                fields=["org", "remote_deleted_at"],
                condition=Q(remote_deleted_at__isnull=False),
                name="talent_deleted",
            ),
        ),
        migrations.AddIndex(
            "webhookhint",
            Index(
                Greatest("heard_at", "applied_at"),
                condition=Q(due_at=None),
                name="webhook_hint_settled",
            ),
        ),
    ]
