"""Adds the digest of the lookups that records were mapped with, and the progress and end of each stream's reread."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("store", "0125_counts_are_hints")]

    operations = [
        migrations.AddField("streamcheckpoint", "basis", models.TextField(null=True)),
        migrations.AddField("streamcheckpoint", "reread", models.JSONField(null=True)),
        migrations.AddField("streamcheckpoint", "reread_at", models.DateTimeField(null=True)),
    ]
