"""E-mails that the pages send. Failures of the mail server are logged and never break a page."""

from __future__ import annotations

import logging
from smtplib import SMTPException

from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from jemmo.services.notifications import mailing
from jemmo.store.models import Invitation

log = logging.getLogger(__name__)


def send_invitation(invitation: Invitation, link: str) -> bool:
    """Send an invitation in the inviter's language. Return whether the mail server accepted it."""
    shown = {"invitation": invitation, "link": link}
    subject = _("Join %(organisation)s on Jemmo") % {"organisation": invitation.org.name}
    return send(subject, render_to_string("accounts/mail/invitation.txt", shown), invitation.email)


def send_new_address(email: str, link: str) -> bool:
    """Ask a mailbox's owner to confirm it as the new address of the account."""
    body = render_to_string("accounts/mail/new_address.txt", {"email": email, "link": link})
    return send(_("Confirm your new email address"), body, email)


def send_address_taken(email: str) -> bool:
    """Tell an account's owner that someone, perhaps themselves, requested its address for another account."""
    body = render_to_string("accounts/mail/address_taken.txt", {"email": email})
    return send(_("You already have a Jemmo account"), body, email)


def send(subject: str, body: str, to: str) -> bool:
    """Send an e-mail and return whether it was sent. Without a mail server, print it in a terminal."""
    try:
        send_mail(" ".join(subject.split()), body, None, [to])
    except (SMTPException, OSError) as error:
        log.warning("an email could not be sent: %s", type(error).__name__)
        return False
    return mailing.is_set_up()
