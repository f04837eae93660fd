"""Adds how far back a stream's last full read goes, for connections with a limited history."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("store", "0155_what_an_account_refuses")]

    operations = [
        migrations.AddField("streamcheckpoint", "reaches", models.DateTimeField(null=True)),
    ]
