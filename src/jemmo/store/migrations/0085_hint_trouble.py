from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("store", "0072_erasure")]

    operations = [
        migrations.AddField(
            model_name="webhookhint",
            name="trouble",
            field=models.CharField(blank=True, db_default="", max_length=64),
        ),
    ]
