"""Adds keyed hashes for finding a talent by e-mail address or phone number."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("store", "0096_key_reminders")]

    operations = [
        migrations.AddField(
            "talentcontacts",
            "hashes",
            django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(), null=True, size=None
            ),
        ),
        migrations.AddIndex(
            "talentcontacts",
            django.contrib.postgres.indexes.GinIndex(
                fields=["hashes"], name="talent_contacts_hashes"
            ),
        ),
        migrations.AddIndex(
            "talentcontacts",
            models.Index(
                fields=["talent"],
                condition=models.Q(("hashes", None)),
                name="talent_contacts_unhashed",
            ),
        ),
    ]
