from django.db import migrations


class Migration(migrations.Migration):
    """Removes the e-mail addresses of ATS users: nothing read them, and a stolen dump would have exposed them."""

    dependencies = [("store", "0102_sweep_missing")]

    operations = [migrations.RemoveField(model_name="atsuser", name="email")]
