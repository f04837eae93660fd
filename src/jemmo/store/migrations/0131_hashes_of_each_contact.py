"""People are found by each address and number of a field: hashes made before are made again in the background.

Until then they find whom they found before, and a request under data protection law opens what is outdated.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("store", "0119_files_read_again")]

    operations = [
        # The first default marks all rows at once, without writing them; the second is that of new ones.
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
