from django.db import migrations, models

READ_AGAIN = """
    UPDATE application SET content_hash = '' WHERE cover_letter IS NOT NULL
        OR concat_ws(' ', source, source_url) ~ '[@＠]|\\d(\\D{0,3}\\d){6}';
    UPDATE talent SET content_hash = '' WHERE concat_ws(' ', first_name, last_name, headline,
        current_company, current_title, summary, source, source_url, array_to_string(tags, ' '),
        custom_fields, location) ~ '[@＠]|\\d(\\D{0,3}\\d){6}';
    DELETE FROM checkpoint WHERE connection_id IN (
        SELECT connection_id FROM application WHERE content_hash = ''
        UNION SELECT connection_id FROM talent WHERE content_hash = '');"""
"""Makes the next sync of these connections read everything, since a migration has no keys to encrypt old texts with."""


class Migration(migrations.Migration):
    """Moves cover letters, and contact details in free text, into encrypted columns."""

    dependencies = [("store", "0103_no_address_of_colleagues")]

    operations = [
        migrations.AddField("talentcontacts", "sealed_texts", models.BinaryField(null=True)),
        migrations.AddField("application", "sealed_texts", models.BinaryField(null=True)),
        migrations.RunSQL(READ_AGAIN, migrations.RunSQL.noop),
        migrations.RemoveField("application", "cover_letter"),
    ]
