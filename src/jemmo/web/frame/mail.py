"""E-mails that the pages send, rendered here and queued for the worker."""

from __future__ import annotations

from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from jemmo.services.notifications.outbox import post
from jemmo.store.models import Invitation


def send_invitation(invitation: Invitation, link: str) -> bool:
    """Send an invitation in the inviter's language. Return whether it will be sent."""
    shown = {"invitation": invitation, "link": link}
    subject = _("Join %(organisation)s on Jemmo") % {"organisation": invitation.org.name}
    return post(subject, render_to_string("accounts/mail/invitation.txt", shown), invitation.email)


def send_new_address(email: str, link: str) -> bool:
    """Ask a mailbox's owner to confirm it as the new address of the account."""
    body = render_to_string("accounts/mail/new_address.txt", {"email": email, "link": link})
    return post(_("Confirm your new email address"), body, email)


def send_address_taken(email: str) -> bool:
    """Tell an account's owner that someone, perhaps themselves, requested its address for another account."""
    body = render_to_string("accounts/mail/address_taken.txt", {"email": email})
    return post(_("You already have a Jemmo account"), body, email)
