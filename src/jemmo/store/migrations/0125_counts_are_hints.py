"""Adds how many records the ATS counted but did not send, so that a lasting difference is reported only once."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("store", "0132_files_named_by_webhooks")]

    operations = [
        migrations.AddField("streamcheckpoint", "short", models.BigIntegerField(db_default=0)),
    ]
