"""Errors about organizations, members, tokens and the webhooks that Jemmo sends."""

from __future__ import annotations

from functools import partial

from jemmo.domain.error_catalog.access import KEEP_ORGANIZATION
from jemmo.domain.error_kinds import Entry, ErrorKind
from jemmo.domain.translation_marks import marked as _

_own = partial(Entry, ErrorKind.JEMMO)
_ENDPOINT = _("Correct the URL, then save again.")
_ENDPOINT_HOST = _("Correct the URL. An operator can allow the host with JEMMO_WEBHOOK_HOSTS.")

ACCOUNTS: dict[str, Entry] = {
    "not_allowed": _own(
        _("Your role doesn't allow this."), _("Ask an owner or admin of your organization.")
    ),
    "not_allowed/notes": _own(
        "This member can't see notes, so there is nothing to export.",
        "Omit --as, or let the member see notes: `jemmo user add EMAIL --org {org} --role {role} --notes`.",
    ),
    "changed_meanwhile": _own(
        _("Someone else made a change in the meantime, so your change wasn't saved."),
        _(
            "Reload the page to see the current state, then make your change again if you still want "
            "to."
        ),
    ),
    "changed_meanwhile/deletions": _own(
        _("The paused deletions have changed, so nothing was confirmed."),
        _("Review the current list of deletions, then decide again."),
    ),
    "last_owner": _own(
        _("An organization needs at least one owner."), _("Make someone else an owner first.")
    ),
    "already_member": _own(
        _("This person is already a member."), _("Change their role in the member list.")
    ),
    "already_invited": _own(
        _("This person has already been invited."),
        _("Copy the invitation link, or withdraw the invitation first."),
    ),
    "invitation_gone": _own(
        _("This invitation is no longer valid."),
        _("Ask the person who invited you for a new invitation."),
    ),
    "unproved_address": _own(
        _("Your email address isn't confirmed yet."),
        _("Confirm your address in “My account”, then open the invitation again."),
    ),
    "other_account": _own(
        _("The invitation is for a different email address."),
        _("Sign out, then sign in with the email address that received the invitation."),
    ),
    "organisation_exists": _own(
        _("This organization already exists. To give someone access to it, run `jemmo user add`."),
        _("To give yourself access, run `jemmo user add EMAIL --org {slug}`."),
    ),
    "email": _own(
        _("This is not a valid email address."), _("Correct the email address and try again.")
    ),
    "leaving_already": _own(
        _("This organization's deletion is already scheduled."),
        _(
            "No action is needed. You can undo the scheduled deletion until the organization is "
            "deleted."
        ),
    ),
    "not_leaving": _own(_("No deletion is scheduled."), _("Reload the organization's page.")),
    "unknown_organisation": _own(
        "The organization “{slug}” doesn't exist.",
        "To create the organization, connect an ATS: `jemmo connect teamtailor --org NAME "
        "--key-stdin`.",
    ),
    "unknown_organisation/others": _own(
        "The organization “{slug}” doesn't exist.", "Existing organizations: {organizations}."
    ),
    "slug": _own(
        "“{slug}” isn't a valid short name for an organization.",
        "Use up to 60 letters, digits, hyphens, and underscores.",
    ),
    "role": _own("“{role}” is not a role.", "Choose one of: {roles}."),
    "password_exists": _own(
        "{email} already has a password.",
        "To keep the password, omit --password-stdin. To replace it, add --reset-password, "
        "which signs the person out on all devices.",
    ),
    "not_a_member": _own(
        "This person isn't a member of the organization.", "To add a member, run `jemmo user add`."
    ),
    "unknown_account": _own(
        "No account has this email address.", "To create an account, run `jemmo user add`."
    ),
}

TOKENS: dict[str, Entry] = {
    "token_expiry": _own(
        _("The expiration date is in the past."),
        _("Choose a future date, or leave the field empty for a token that doesn't expire."),
    ),
    "too_many_tokens": _own(
        _("The organization already has {most} API tokens."),
        _(
            "Revoke tokens that are no longer used. The list of tokens shows when each token was "
            "last used."
        ),
    ),
    "unknown_token": _own(
        _("The organization has no API token with this ID."),
        _("You can find token IDs in the list of tokens."),
    ),
    "too_many_endpoints": _own(
        _("The organization already has {most} webhook endpoints."),
        _("Delete endpoints that are no longer used."),
    ),
    "too_many_test_events": _own(
        _("This endpoint received {most} test events in the last minute."),
        _("Wait a minute before you send the next one."),
    ),
    "no_test_event": _own(
        _("The endpoint is off, so no test event was sent."), _("Turn the endpoint on first.")
    ),
    "no_test_event/leaving": _own(
        _("This organization is scheduled for deletion, so no webhooks are sent."),
        KEEP_ORGANIZATION,
    ),
    "unknown_endpoint": _own(
        _("The organization has no webhook endpoint with this ID."),
        _("You can find endpoint IDs in the list of endpoints."),
    ),
    "endpoint_events": _own(
        _("Choose at least one event."), _("Choose from these events: {events}.")
    ),
    "endpoint_events/unknown": _own(
        _("“{name}” is not an event or a type of record."),
        _("Events: {events}. Records: {entities}."),
    ),
    "endpoint_events/connection": _own(
        _("This connection doesn't exist in the organization."),
        _("Choose one of your connections."),
    ),
    "endpoint_events/field": _own(
        _("Updates can't be limited to the field “{name}”."),
        _("Enter fields in the format type.field, such as jobs.title."),
    ),
    "endpoint_refused/address": _own(_("This web address can't receive webhooks."), _ENDPOINT),
    "endpoint_refused/scheme": _own(_("Webhooks can be sent only over https."), _ENDPOINT_HOST),
    "endpoint_refused/private": _own(
        _("This address points to a private network."), _ENDPOINT_HOST
    ),
    "endpoint_refused/ourselves": _own(_("This is Jemmo's own address."), _ENDPOINT),
    "scope": _own(_("A token needs at least one scope."), _("Choose from these scopes: {scopes}.")),
    "scope/unknown": _own(
        _("“{scope}” is not a valid scope."), _("Choose from these scopes: {scopes}.")
    ),
}
