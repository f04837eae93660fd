from django.db import migrations, models

KNOWN = "UPDATE checkpoint SET synced_at = watermark WHERE complete"
"""The watermark of a stream whose last pass was complete is the start of that pass."""


class Migration(migrations.Migration):
    """Adds the time of each stream's last complete pass."""

    dependencies = [("store", "0107_files_error")]

    operations = [
        migrations.AddField("streamcheckpoint", "synced_at", models.DateTimeField(null=True)),
        migrations.RunSQL(KNOWN, migrations.RunSQL.noop),
    ]
