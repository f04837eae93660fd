import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("store", "0085_hint_trouble")]

    operations = [
        migrations.CreateModel(
            name="Sweep",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("stream", models.CharField(max_length=30)),
                ("run_id", models.UUIDField()),
                ("state", models.JSONField()),
                (
                    "connection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="store.connection",
                    ),
                ),
            ],
            options={
                "db_table": "sweep",
                "constraints": [
                    models.UniqueConstraint(fields=("connection", "stream"), name="sweep_key")
                ],
            },
        ),
    ]
