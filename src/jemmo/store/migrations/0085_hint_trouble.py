from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("store", "0080_links_without_constraints")]

    operations = [
        migrations.AddField(
            model_name="webhookhint",
            name="trouble",
            field=models.CharField(blank=True, db_default="", max_length=64),
        ),
    ]
