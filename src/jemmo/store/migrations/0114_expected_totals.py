from django.db import migrations, models


class Migration(migrations.Migration):
    """Adds the record counts that the ATS last reported, which tell how much a first sync has to read."""

    dependencies = [("store", "0113_confidential_records")]

    operations = [
        migrations.AddField(
            "connection",
            "expected_totals",
            models.JSONField(blank=True, db_default={}, default=dict),
        ),
    ]
