"""Errors of messages that Jemmo sends to people."""

from __future__ import annotations

from functools import partial

from jemmo.domain.error_kinds import Entry, ErrorKind
from jemmo.domain.translation_marks import marked as _

_own = partial(Entry, ErrorKind.JEMMO)
_CHAT = _("Correct the incoming webhook URL in Settings > Notifications.")

NOTIFICATIONS: dict[str, Entry] = {
    "email_not_set_up": _own(
        _("Email isn't set up, so this message wasn't sent."),
        _("Ask your Jemmo operator to set up email."),
    ),
    "mail_refused": _own(
        _("The mail server didn't accept the email."),
        _("No action needed. Jemmo will try again later."),
    ),
    "member_left": _own(_("This member left the organization."), _("No action needed.")),
    "chat_gone": _own(_("The chat tool was disconnected."), _("No action needed.")),
    "receiver_away": _own(
        _("{host} isn't responding."), _("No action needed. Jemmo will try again later.")
    ),
    "receiver_busy": _own(
        _("{host} responded with an error (HTTP {status})."),
        _("No action needed. Jemmo will try again later."),
    ),
    "receiver_refused": _own(
        _("{host} doesn't accept messages at this address (HTTP {status})."),
        _CHAT,
    ),
    "receiver_refused/address": _own(_("This web address can't receive messages."), _CHAT),
    "receiver_refused/scheme": _own(_("Messages can be sent only over https."), _CHAT),
    "receiver_refused/private": _own(
        _("This address points to a private network."),
        _CHAT,
    ),
}
