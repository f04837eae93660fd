"""Where all processes count attempts to sign in: what Django's cache in the database needs."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("store", "0060_members_and_support")]

    operations = [
        migrations.RunSQL(
            # What is lost by a crash is worth nothing: no need to log it.
            "CREATE UNLOGGED TABLE cache_entry (cache_key varchar(255) PRIMARY KEY, value text NOT NULL, "
            "expires timestamptz NOT NULL); CREATE INDEX cache_entry_expires ON cache_entry (expires);",
            "DROP TABLE cache_entry",
        )
    ]
