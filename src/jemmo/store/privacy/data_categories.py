"""Counts the people for whom an organization has each category of data."""

from __future__ import annotations

from jemmo.store.db.query import fetch_row
from jemmo.store.models import Organisation

NAMES = (
    *("people", "name", "work", "place", "tags", "custom_fields", "source", "consent"),
    *("contacts", "applications", "cover_letters", "notes"),
)

# One count for each of ``NAMES``. All count people, except those of contacts, applications, cover letters and notes.
_COUNTS = """
    SELECT count(*),
        count(*) FILTER (WHERE first_name IS NOT NULL OR last_name IS NOT NULL),
        count(*) FILTER (WHERE headline IS NOT NULL OR current_title IS NOT NULL
            OR current_company IS NOT NULL OR summary IS NOT NULL),
        count(*) FILTER (WHERE location IS NOT NULL),
        count(*) FILTER (WHERE tags <> '{}'),
        count(*) FILTER (WHERE custom_fields <> '{}'),
        count(*) FILTER (WHERE source IS NOT NULL OR origin IS NOT NULL),
        count(*) FILTER (WHERE consent_state <> 'UNKNOWN' OR can_email IS NOT NULL
            OR do_not_contact_at IS NOT NULL),
        (SELECT count(*) FROM talent_contacts c JOIN talent o ON o.id = c.talent_id
            WHERE o.org_id = %(org)s),
        (SELECT count(*) FROM application WHERE org_id = %(org)s),
        (SELECT count(*) FROM application WHERE org_id = %(org)s AND sealed_texts IS NOT NULL),
        (SELECT count(*) FROM note WHERE org_id = %(org)s)
    FROM talent WHERE org_id = %(org)s"""


def counts(org: Organisation) -> dict[str, int]:
    """The count of each category, by its name in ``NAMES``."""
    return dict(zip(NAMES, fetch_row(_COUNTS, {"org": org.pk}), strict=True))
