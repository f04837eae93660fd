"""Drops the constraints of relations that only syncs write: checking each row took a quarter of a sync."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('store', '0073_org_of_parts'),
    ]

    operations = [
        migrations.AlterField(
            model_name='application',
            name='job',
            field=models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='applications', to='store.job'),
        ),
        migrations.AlterField(
            model_name='application',
            name='reject_reason',
            field=models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='store.rejectreason'),
        ),
        migrations.AlterField(
            model_name='application',
            name='stage',
            field=models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='applications', to='store.stage'),
        ),
        migrations.AlterField(
            model_name='application',
            name='talent',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='applications', to='store.talent'),
        ),
        migrations.AlterField(
            model_name='attachment',
            name='talent',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='attachments', to='store.talent'),
        ),
        migrations.AlterField(
            model_name='talentcontacts',
            name='talent',
            field=models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='contacts', serialize=False, to='store.talent'),
        ),
    ]
