"""Marks files for another text extraction, since earlier versions missed or garbled some text.

The hourly cleanup reads some of the marked files each time.
"""

from django.db import migrations

PENDING = """UPDATE file_version SET text_status = 'PENDING'
WHERE state = 'stored' AND content_type NOT LIKE 'image/%' AND (content_type <> 'application/pdf' OR text_status <> 'DONE')"""
"""The stored text stays until then."""


class Migration(migrations.Migration):
    dependencies = [("store", "0118_unaccent_in_our_schema")]

    operations = [migrations.RunSQL(PENDING, migrations.RunSQL.noop)]
