"""What a connection's account refused to answer, so that not each sync asks in vain."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("store", "0158_api_tokens")]

    operations = [
        migrations.AddField(
            "connection", "refused", models.JSONField(blank=True, db_default={}, default=dict)
        )
    ]
