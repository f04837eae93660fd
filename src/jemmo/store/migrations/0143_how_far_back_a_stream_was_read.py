"""How far back the last whole reading of a stream goes, where the history of its connection is limited."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("store", "0155_what_an_account_refuses")]

    operations = [
        migrations.AddField("streamcheckpoint", "reaches", models.DateTimeField(null=True)),
    ]
