from django.db import migrations, models


class Migration(migrations.Migration):
    """Keeps decisions about paused deletions, so that they count for the following day."""

    dependencies = [("store", "0108_synced_per_stream")]

    operations = [
        migrations.AddField(
            "helddeletion", "recent", models.IntegerField(db_default=0, default=0)
        ),
        migrations.AddField("helddeletion", "closed_at", models.DateTimeField(null=True)),
    ]
