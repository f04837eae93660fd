"""Adds the cache table in which all processes count sign-in attempts."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("store", "0060_members_and_support")]

    operations = [
        migrations.RunSQL(
            # Unlogged, because losing the counts in a crash does no harm.
            "CREATE UNLOGGED TABLE cache_entry (cache_key varchar(255) PRIMARY KEY, value text NOT NULL, "
            "expires timestamptz NOT NULL); CREATE INDEX cache_entry_expires ON cache_entry (expires);",
            "DROP TABLE cache_entry",
        )
    ]
