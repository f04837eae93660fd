"""The keys are bound at the start that follows, where they can be opened: ``jemmo.services.base.api_keys.bind``.

Workers of an older Jemmo, which could not open them any more, end when they see this migration.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("store", "0114_expected_totals")]
