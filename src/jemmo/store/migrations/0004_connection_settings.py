from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('store', '0003_remote_aliases'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='connection',
            name='connection_state_known',
        ),
        migrations.AddField(
            model_name='connection',
            name='key_expires_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='connection',
            name='old_key_hint',
            field=models.CharField(blank=True, db_default='', default='', max_length=8),
        ),
        migrations.AddField(
            model_name='connection',
            name='initial_not_before',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name='connection',
            name='state',
            field=models.CharField(choices=[('active', 'Active'), ('paused', 'Paused'), ('refused', 'Refused'), ('disconnected', 'Disconnected'), ('leaving', 'Being deleted')], default='active', max_length=20),
        ),
        migrations.AddConstraint(
            model_name='connection',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['active', 'paused', 'refused', 'disconnected', 'leaving'])), name='connection_state_known'),
        ),
        migrations.AddIndex(
            model_name='rejection',
            index=models.Index(fields=['connection', '-at', '-id'], name='rejection_recent'),
        ),
        migrations.AddIndex(
            model_name='rejection',
            index=models.Index(fields=['connection', 'remote_id'], name='rejection_record'),
        ),
    ]
