"""Adds the request pace that all processes with the same API key share."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("store", "0064_schedule")]

    operations = [
        migrations.CreateModel(
            name="Pace",
            fields=[
                ("key", models.BinaryField(primary_key=True, serialize=False)),
                (
                    "sent",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.FloatField(), db_default=[], size=None
                    ),
                ),
                ("held_until", models.FloatField(db_default=0.0)),
                ("told_limit", models.IntegerField(null=True)),
            ],
            options={"db_table": "pace"},
        ),
    ]
