"""What records were mapped with, how far each stream's content is read again, and when all of it last was."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("store", "0125_counts_are_hints")]

    operations = [
        migrations.AddField("streamcheckpoint", "basis", models.TextField(null=True)),
        migrations.AddField("streamcheckpoint", "reread", models.JSONField(null=True)),
        migrations.AddField("streamcheckpoint", "reread_at", models.DateTimeField(null=True)),
    ]
