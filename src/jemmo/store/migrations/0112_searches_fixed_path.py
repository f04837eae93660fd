"""Changes nothing itself: after every migration, ``jemmo.store.db.guard`` recreates the search functions.

They now look up names only in our schema.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("store", "0111_late_and_slow")]
