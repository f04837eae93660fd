from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("store", "0106_periodic_statements")]

    operations = [
        migrations.AddField(
            "connection", "files_error", models.JSONField(blank=True, null=True)
        ),
        migrations.AddField(
            "connection", "files_failures", models.IntegerField(db_default=0, default=0)
        ),
    ]
