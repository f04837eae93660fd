"""Names are looked up in our schema alone: what comes before and after every migration makes ``unaccent`` known there."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("store", "0117_support_pictures")]
