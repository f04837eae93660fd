"""Adds the time at which an application left a stage, which some ATSs report."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("store", "0140_names_in_webhooks")]

    operations = [
        migrations.AddField("stageevent", "left_at", models.DateTimeField(null=True)),
    ]
