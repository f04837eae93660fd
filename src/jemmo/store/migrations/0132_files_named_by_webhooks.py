"""Adds the resume named by a webhook, for ATSs that name it nowhere else."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("store", "0131_hashes_of_each_contact")]

    operations = [migrations.AddField("webhookhint", "file", models.TextField(null=True))]
