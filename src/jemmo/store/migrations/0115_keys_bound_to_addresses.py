"""Changes nothing itself: the next start binds each API key to its address (``jemmo.services.base.api_keys.bind``).

A migration has no keys to decrypt them with. Workers of an older Jemmo can't decrypt bound keys, so they exit when they
see this migration.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("store", "0114_expected_totals")]
