from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("store", "0087_deliveries_sent")]

    operations = [
        migrations.AddField(
            model_name="pace", name="per", field=models.FloatField(null=True)
        ),
    ]
