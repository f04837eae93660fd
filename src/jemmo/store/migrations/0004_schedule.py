"""When each connection is due, and what its organisation wishes."""

from django.db import migrations, models
from django.db.models.functions import Now


class Migration(migrations.Migration):
    dependencies = [("store", "0003_remote_aliases")]

    operations = [
        migrations.AddField("organisation", "schedule", models.JSONField(blank=True, db_default={}, default=dict)),
        migrations.AddField("connection", "failures", models.IntegerField(db_default=0, default=0)),
        migrations.AddField("connection", "due_at", models.DateTimeField(db_default=Now())),
        migrations.AddIndex("connection", models.Index(fields=["due_at"], name="connection_due")),
    ]
