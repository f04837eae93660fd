import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('store', '0143_how_far_back_a_stream_was_read'),
    ]

    operations = [
        migrations.AddField(
            model_name='webhookaddress',
            name='requested_at',
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), null=True),
        ),
    ]
