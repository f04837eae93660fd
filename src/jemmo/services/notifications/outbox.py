"""E-mails that a page sends: queued for the worker, so that no page waits for the mail server.

A queued e-mail may contain a link that opens an account, so it is encrypted.
"""

from __future__ import annotations

import json
import logging
from base64 import b64decode, b64encode
from typing import NamedTuple

from django.core.mail import send_mail
from procrastinate.contrib.django import app

from jemmo.domain.errors import TransientError
from jemmo.domain.validation import one_line
from jemmo.services.base.contexts import MAIL_CONTEXT
from jemmo.services.notifications import mailing
from jemmo.vault import Vault, default_vault

SEND = "send_mail"
PRIORITY = 1  # before notifications: somebody waits for the link
log = logging.getLogger(__name__)


class Letter(NamedTuple):
    """An e-mail. Without ``to`` it is never sent."""

    subject: str
    body: str
    to: str


def post(subject: str, body: str, to: str) -> bool:
    """Queue an e-mail and return whether it will be sent. Without a mail server, print it in a terminal.

    To make responses about known and unknown addresses take the same time, post to ``""`` for an unknown one.
    """
    letter = Letter(subject=one_line(subject), body=body, to=to)
    if not mailing.is_set_up():
        _send(letter)
        return False
    sealed = default_vault().seal(json.dumps(letter).encode(), MAIL_CONTEXT)
    task = app.configure_task(SEND, queue="notifications", priority=PRIORITY)
    task.defer(sealed=b64encode(sealed).decode())
    return True


def deliver(sealed: str, *, vault: Vault) -> None:
    """Send a queued e-mail. Raises ``TransientError`` if the mail server doesn't take it."""
    letter = Letter(*json.loads(vault.open(b64decode(sealed), MAIL_CONTEXT)))
    # In the worker; the process that queued the e-mail has a mail server.
    if not mailing.is_set_up():
        log.warning("email not sent", extra={"reason": "email_not_set_up"})
        raise TransientError("mail_refused")
    try:
        _send(letter)
    except Exception as error:  # noqa: BLE001 - its text may repeat the address
        log.warning("email not sent", extra={"reason": type(error).__name__})
        raise TransientError("mail_refused") from None


def _send(letter: Letter) -> None:
    if letter.to:
        send_mail(letter.subject, letter.body, None, [letter.to])
