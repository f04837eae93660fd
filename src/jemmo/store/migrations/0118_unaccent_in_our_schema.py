"""Changes nothing itself: the steps before and after every migration create ``unaccent`` in our schema.

Names are now looked up only there.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("store", "0117_support_pictures")]
