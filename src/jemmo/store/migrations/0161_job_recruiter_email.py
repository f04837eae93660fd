from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('store', '0160_job_skills'),
    ]

    operations = [
        migrations.AddField(
            model_name='job',
            name='recruiter_email',
            field=models.TextField(null=True),
        ),
    ]
