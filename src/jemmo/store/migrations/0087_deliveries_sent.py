from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("store", "0086_sweep")]

    operations = [
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                fields=["sent_at"],
                condition=models.Q(sent_at__isnull=False),
                name="notification_delivery_sent",
            ),
        ),
    ]
