"""Have what earlier readers missed or garbled read again: every hour some files whose text is pending are read."""

from django.db import migrations

PENDING = """UPDATE file_version SET text_status = 'PENDING'
WHERE state = 'stored' AND content_type NOT LIKE 'image/%' AND (content_type <> 'application/pdf' OR text_status <> 'DONE')"""
"""The text that is stored stays until then."""


class Migration(migrations.Migration):
    dependencies = [("store", "0118_unaccent_in_our_schema")]

    operations = [migrations.RunSQL(PENDING, migrations.RunSQL.noop)]
