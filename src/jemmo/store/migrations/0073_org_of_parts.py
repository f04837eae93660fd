"""Stores the organization with each part of a record, so that policies don't have to look up the record."""

from typing import Any

from django.db import migrations, models
from django.db.models.deletion import DO_NOTHING

PARTS = {
    "attachment": ("attachment", "talent"),
    "jobcompensation": ("job_compensation", "job"),
    "joblocation": ("job_location", "job"),
    "stageevent": ("stage_event", "application"),
    "talentcontacts": ("talent_contacts", "talent"),
}
ORGANISATION = """
    CREATE OR REPLACE FUNCTION jemmo_org() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
        AS $$ SELECT nullif(current_setting('jemmo.org', true), '')::uuid $$"""
ADD = """
    ALTER TABLE {table} ADD COLUMN org_id uuid;
    UPDATE {table} p SET org_id = r.org_id FROM {parent} r WHERE r.id = p.{parent}_id;
    ALTER TABLE {table} ALTER COLUMN org_id SET DEFAULT jemmo_org(), ALTER COLUMN org_id SET NOT NULL"""


def organisation() -> Any:
    return models.ForeignKey(
        "store.organisation",
        DO_NOTHING,
        related_name="+",
        db_constraint=False,
        db_index=False,
        db_default=models.Func(function="jemmo_org"),
    )


class Migration(migrations.Migration):
    dependencies = [("store", "0072_erasure")]

    operations = [
        migrations.RunSQL(ORGANISATION, migrations.RunSQL.noop),
        *(
            migrations.SeparateDatabaseAndState(
                [
                    migrations.RunSQL(
                        ADD.format(table=table, parent=parent),
                        f"ALTER TABLE {table} DROP COLUMN org_id",
                    )
                ],
                [migrations.AddField(model, "org", organisation())],
            )
            for model, (table, parent) in PARTS.items()
        ),
    ]
