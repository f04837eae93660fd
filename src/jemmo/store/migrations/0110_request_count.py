import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Adds a count of requests outside syncs: for files, webhooks, refreshes, tests and comparisons."""

    dependencies = [("store", "0109_paused_deletions")]

    operations = [
        migrations.CreateModel(
            "RequestCount",
            [
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
                ("count", models.IntegerField()),
                (
                    "connection",
                    models.ForeignKey(
                        "store.connection",
                        django.db.models.deletion.CASCADE,
                        db_index=False,
                        related_name="+",
                    ),
                ),
            ],
            options={
                "db_table": "request_count",
                "constraints": [
                    models.UniqueConstraint(
                        fields=["connection", "at"], name="request_count_minute"
                    )
                ],
            },
        ),
    ]
