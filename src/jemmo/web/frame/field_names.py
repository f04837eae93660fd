"""Names of custom fields that come from connectors instead of companies. Only these are translated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext

from jemmo.domain.translation_marks import marked as _

OWN_FIELDS = {
    "status": _("Status"),
    "open_to_opportunities": _("Open to new opportunities"),
    "external_id": _("External ID"),
    "count_resumes": _("Resumes"),
    "count_applications": _("Applications"),
    "client": _("Client"),
    "preferred_name": _("Preferred name"),
    "company_description": _("Company"),
    "score": _("Score"),
    "division": _("Division"),
    "regions": _("Regions"),
    "hiring_team": _("Hiring team"),
    "contract_start": _("Contract start"),
    "contract_end": _("Contract end"),
    "channel": _("Channel"),
    "activity": _("Activity"),
    "education_level": _("Education"),
    "joboffer_min_years_of_experience": _("Minimum years of experience"),
    "joboffer_company_description": _("Company description"),
}
UNNAMED = _("Custom field")
"""A field without a name in the ATS."""


def label_of(key: str, field: Mapping[str, Any]) -> str:
    """The name of a field. A company's own names stay as they are."""
    label = str(field.get("label") or key)
    is_own = label in (OWN_FIELDS.get(key), UNNAMED)
    return gettext(label) if is_own else label
