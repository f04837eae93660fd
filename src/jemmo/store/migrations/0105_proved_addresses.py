import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

PROVED = """
    UPDATE account a SET confined_to_id = i.org_id
    FROM (SELECT DISTINCT ON (email) email, org_id, accepted_at FROM invitation
          WHERE accepted_at IS NOT NULL ORDER BY email, accepted_at) i
    WHERE i.email = a.email AND i.accepted_at <= a.date_joined + interval '1 minute';
    UPDATE account SET verified_email = email WHERE confined_to_id IS NULL
        AND (is_staff OR EXISTS (SELECT FROM membership m WHERE m.account_id = account.id));
    DELETE FROM account_emailconfirmation;
    DELETE FROM account_emailaddress;
    DELETE FROM django_session;"""
"""Trusts accounts created by an operator or during setup, but not those created through an invitation's link.

The inviter could see that link, so it proves nothing. Everyone has to sign in again, because the session table
contained the session keys themselves.
"""


class Migration(migrations.Migration):
    """Adds verified addresses, confines unverified accounts to one organization, and stores sessions without keys."""

    dependencies = [
        ("store", "0104_texts_apart"),
        ("sessions", "0001_initial"),
        ("account", "0009_emailaddress_unique_primary_email"),
    ]

    operations = [
        migrations.AddField(
            "account",
            "verified_email",
            models.EmailField(blank=True, db_default="", default="", max_length=254),
        ),
        migrations.AddField(
            "account",
            "confined_to",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="store.organisation",
            ),
        ),
        migrations.CreateModel(
            "Session",
            [
                ("session_key", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("session_data", models.TextField()),
                ("expire_date", models.DateTimeField(db_index=True)),
                (
                    "account",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sessions",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={"db_table": "session"},
        ),
        migrations.RunSQL(PROVED, migrations.RunSQL.noop),
    ]
