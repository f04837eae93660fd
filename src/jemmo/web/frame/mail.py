"""E-mails that the pages send. A failing mail server is logged, and never breaks a page."""

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
    """Whether the mail server took it. In the inviter's language."""
    shown = {"invitation": invitation, "link": link}
    subject = _("Join %(organisation)s on Jemmo") % {"organisation": invitation.org.name}
    return send(subject, render_to_string("accounts/mail/invitation.txt", shown), invitation.email)


def send_new_address(email: str, link: str) -> bool:
    """Asks the owner of a mailbox whether it becomes the address of the account that names it."""
    body = render_to_string("accounts/mail/new_address.txt", {"email": email, "link": link})
    return send(_("Confirm your new e-mail address"), body, email)


def send_address_taken(email: str) -> bool:
    """Tells an account's owner that someone, maybe they themselves, requested its address for another account."""
    body = render_to_string("accounts/mail/address_taken.txt", {"email": email})
    return send(_("You already have a Jemmo account"), body, email)


def send(subject: str, body: str, to: str) -> bool:
    """Whether it left. Without a mail server it is printed in the terminal, if anywhere."""
    try:
        send_mail(" ".join(subject.split()), body, None, [to])
    except (SMTPException, OSError) as error:
        log.warning("an e-mail could not be sent: %s", type(error).__name__)
        return False
    return mailing.is_set_up()
