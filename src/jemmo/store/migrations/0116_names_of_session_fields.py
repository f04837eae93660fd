"""Uses the field names of Django's abstract session. No table changes."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("store", "0115_keys_bound_to_addresses")]

    operations = [
        migrations.AlterField(
            "session",
            "expire_date",
            models.DateTimeField(db_index=True, verbose_name="expire date"),
        ),
        migrations.AlterField(
            "session", "session_data", models.TextField(verbose_name="session data")
        ),
    ]
