"""Marks contact hashes as outdated, so that they are recreated in the background for each contact in a field.

Until then the old hashes find the same people as before, and data protection requests also search outdated rows.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("store", "0119_files_read_again")]

    operations = [
        # The first default marks all existing rows without rewriting them; the second is for new rows.
        migrations.AddField(
            "talentcontacts", "hashes_outdated", models.BooleanField(db_default=True)
        ),
        migrations.AlterField(
            "talentcontacts", "hashes_outdated", models.BooleanField(db_default=False)
        ),
        migrations.RemoveIndex("talentcontacts", "talent_contacts_unhashed"),
        migrations.AddIndex(
            "talentcontacts",
            models.Index(
                fields=["talent"],
                condition=models.Q(("hashes_outdated", True)),
                name="talent_contacts_outdated",
            ),
        ),
    ]
