"""Labels of the outgoing webhook pages, in the reader's language."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

OUTGOING: dict[str, dict[str, str | Promise]] = {
    "outgoing_event": {
        "records.changed": _("Records changed"),
        "records.expired": _("Changes expired"),
        "sync.finished": _("Sync finished"),
        "connection.changed": _("Connection state changed"),
        "sync.late": _("Late sync"),
        "sync.slow": _("Slow sync"),
        "data.issue": _("Data issue"),
        "person.erased": _("Personal data erased"),
        "test": _("Test event"),
    },
    "outgoing_state": {
        "waiting": pgettext_lazy("outgoing", "Waiting"),
        "delivered": pgettext_lazy("outgoing", "Accepted"),
        "failed": pgettext_lazy("outgoing", "Failed"),
    },
    "outgoing_error": {
        "status": _("refused"),
        "redirect": _("redirect not followed"),
        "timeout": _("no response in time"),
        "connect": _("no connection"),
        "tls": _("no valid certificate"),
        "private": _("address on a private network"),
        "broken": _("invalid response"),
    },
    "endpoint_off": {
        "person": _("Turned off by a member or an operator."),
        "failing": _("Turned off because the program didn't accept any webhooks for several days."),
        "gone": _("Turned off because the address no longer exists (HTTP 410)."),
    },
}
