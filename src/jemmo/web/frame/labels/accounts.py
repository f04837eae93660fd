"""Roles, rights and audited actions."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

ACCOUNTS: dict[str, dict[str, str | Promise]] = {
    "role": {
        "owner": pgettext_lazy("role", "Owner"),
        "admin": pgettext_lazy("role", "Admin"),
        "recruiter": pgettext_lazy("role", "Recruiter"),
        "viewer": pgettext_lazy("role", "Viewer"),
    },
    "role_help": {
        "owner": _("has full access and can choose owners"),
        "admin": _("connects the ATS and manages members"),
        "recruiter": _("sees jobs and talents with their contact details"),
        "viewer": _("sees jobs and talents without contact details"),
    },
    "member_right": {
        "confidential": _("Can see confidential records"),
        "notes": _("Can see notes"),
    },
    "api_scope": {
        "records": _("records"),
        "contacts": _("contact details"),
        "files": _("files"),
        "confidential": _("confidential records"),
        "notes": _("notes about talents"),
        "privacy": _("erasing personal data"),
        "admin": _("connections and syncs"),
    },
    "audit": {
        "member.invited": pgettext_lazy("audit", "invited"),
        "member.invitation_withdrawn": pgettext_lazy("audit", "withdrew the invitation for"),
        "member.joined": pgettext_lazy("audit", "joined"),
        "member.added": pgettext_lazy("audit", "added"),
        "member.role_changed": pgettext_lazy("audit", "changed the role of"),
        "member.confidential_given": pgettext_lazy(
            "audit", "turned on access to confidential records for"
        ),
        "member.confidential_taken": pgettext_lazy(
            "audit", "turned off access to confidential records for"
        ),
        "member.notes_given": pgettext_lazy("audit", "turned on access to notes for"),
        "member.notes_taken": pgettext_lazy("audit", "turned off access to notes for"),
        "member.left": pgettext_lazy("audit", "left"),
        "member.removed": pgettext_lazy("audit", "removed"),
        "retention.changed": pgettext_lazy("audit", "changed retention periods"),
        "retention.released": pgettext_lazy(
            "audit", "confirmed an erasure under the retention rules"
        ),
        "talent.not_to_contact": pgettext_lazy("audit", "marked someone as “Do not contact”"),
        "talent.contact_again": pgettext_lazy("audit", "allowed someone to be contacted again"),
        "organisation.deletion_asked": pgettext_lazy(
            "audit", "requested the deletion of the organization"
        ),
        "organisation.deletion_undone": pgettext_lazy("audit", "canceled the deletion"),
        "token.created": pgettext_lazy("audit", "created an API token"),
        "token.revoked": pgettext_lazy("audit", "revoked an API token"),
        "token.acted": pgettext_lazy("audit", "made a change with an API token"),
        "endpoint.created": pgettext_lazy("audit", "created a webhook endpoint"),
        "endpoint.changed": pgettext_lazy("audit", "changed a webhook endpoint"),
        "endpoint.rotated": pgettext_lazy("audit", "rotated a webhook endpoint's secret"),
        "endpoint.old_secret_ended": pgettext_lazy(
            "audit", "revoked a webhook endpoint's old secret"
        ),
        "endpoint.switched_on": pgettext_lazy("audit", "turned on a webhook endpoint"),
        "endpoint.switched_off": pgettext_lazy("audit", "turned off a webhook endpoint"),
        "endpoint.deleted": pgettext_lazy("audit", "deleted a webhook endpoint"),
    },
}
