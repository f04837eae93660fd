from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("store", "0073_org_of_parts")]

    operations = [
        migrations.AddField(
            model_name="webhookhint",
            name="trouble",
            field=models.CharField(blank=True, db_default="", max_length=64),
        ),
    ]
