"""Adds the requests that a connection's account refuses, so that syncs don't keep repeating them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("store", "0158_api_tokens")]

    operations = [
        migrations.AddField(
            "connection", "refused", models.JSONField(blank=True, db_default={}, default=dict)
        )
    ]
