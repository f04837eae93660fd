"""The searches are made anew by what follows every migration, ``jemmo.store.db.policies``: they look in our schema alone."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("store", "0111_late_and_slow")]
