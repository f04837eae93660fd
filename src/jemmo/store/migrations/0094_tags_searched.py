"""Adds tags to the search index of the talents already stored. Syncs index those of new ones."""

from django.db import migrations

FILL = """
UPDATE talent SET search = coalesce(search, '') || to_tsvector('simple',
    translate(unaccent(left(array_to_string(tags, ' '), 10000)), '<>', '  '))
WHERE tags <> '{}'
"""


class Migration(migrations.Migration):

    dependencies = [
        ('store', '0093_list_counts'),
    ]

    operations = [
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
