from django.db import migrations, models

KNOWN = "UPDATE checkpoint SET synced_at = watermark WHERE complete"
"""The watermark of a stream whose last pass was proved is when that pass began."""


class Migration(migrations.Migration):
    """When each stream was last read to a proved end."""

    dependencies = [("store", "0107_files_error")]

    operations = [
        migrations.AddField("streamcheckpoint", "synced_at", models.DateTimeField(null=True)),
        migrations.RunSQL(KNOWN, migrations.RunSQL.noop),
    ]
