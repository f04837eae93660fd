from django.db import migrations


class Migration(migrations.Migration):
    """Nothing read them, and a stolen dump gave them away."""

    dependencies = [("store", "0102_sweep_missing")]

    operations = [migrations.RemoveField(model_name="atsuser", name="email")]
