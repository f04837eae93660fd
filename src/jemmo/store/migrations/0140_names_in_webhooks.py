"""Adds hashes of the people that a webhook names. Older webhooks may name anyone until they expire after 7 days."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("store", "0134_paused_deletions_by_id")]

    operations = [
        migrations.AddField(
            "webhookdelivery",
            "named",
            django.contrib.postgres.fields.ArrayField(models.BigIntegerField(), null=True),
        ),
        migrations.AddIndex(
            "webhookdelivery",
            django.contrib.postgres.indexes.GinIndex(
                fields=["named"], name="webhook_delivery_named"
            ),
        ),
        migrations.AddIndex(
            "webhookdelivery",
            models.Index(
                fields=["connection"],
                condition=models.Q(("named", None)),
                name="webhook_delivery_nameless",
            ),
        ),
    ]
