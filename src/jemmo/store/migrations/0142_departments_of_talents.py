"""Adds a talent's department in the company, for ATSs that report one."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("store", "0141_when_a_stage_was_left")]

    operations = [
        migrations.AddField(
            "talent",
            "department",
            models.ForeignKey(
                "store.department",
                django.db.models.deletion.SET_NULL,
                null=True,
                related_name="talents",
                db_index=False,
                db_constraint=False,
            ),
        ),
        migrations.AddField("talent", "department_remote_id", models.TextField(null=True)),
    ]
