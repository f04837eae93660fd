import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("store", "0101_notice_kinds")]

    operations = [
        migrations.AddField(
            model_name="sweep",
            name="missing",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.TextField(), db_default=[], size=None
            ),
        ),
    ]
