"""Errors caused by people's requests on pages, the command line, and the API, and by stopped syncs."""

from __future__ import annotations

from functools import partial

from jemmo.domain.error_kinds import Entry, ErrorKind
from jemmo.domain.translation_marks import marked as _

_own = partial(Entry, ErrorKind.JEMMO)
_NOTHING = _("No action needed. The next sync will resume where this one left off.")
_SUPPORT = _("Copy this entry and send it to support. No data was lost.")
_CHAT = _("Correct the chat address in Settings > Notifications.")
_ENDPOINT = _("Correct the URL, then save again.")
_ENDPOINT_HOST = _("Correct the URL. An operator can allow the host with JEMMO_WEBHOOK_HOSTS.")
_HALF_A_MINUTE = _("Try again in 30 seconds.")
_LISTED = "To list the connections, run `jemmo status`."
_OTHER_BACKUP = "Nothing was changed. Make another backup, or download this one again."
_PORT = "Choose another port with --port, or stop the program that uses this one."
_OPENAPI = "See /api/v1/openapi.json."

SYNCS: dict[str, Entry] = {
    "cancelled": _own(_("The sync was stopped on purpose."), _NOTHING),
    "cancelled/command": _own("Stopped.", "Run the command again to resume where it left off."),
    "interrupted": _own(_("The process that ran the sync was interrupted."), _NOTHING),
    "same_failure": _own(
        _("The sync failed for the same reason as before, so retrying may not help."),
        _(
            "Follow the next step shown with the error. If that doesn't help, send the error to "
            "support."
        ),
    ),
    "lease_lost": _own(_("Another run took over, so this one stopped."), _NOTHING),
    "slice_over": _own(_("Other syncs are waiting for this worker."), _NOTHING),
    "already_running": _own(
        _("A sync of this connection is already running."),
        _("Wait for it to finish. To see its progress, run `jemmo status`."),
    ),
    "internal": _own(_("Jemmo ran into an unexpected error."), _SUPPORT),
    "internal/report": _own(
        "Jemmo ran into an unexpected error.",
        "Send {path} to support. It contains the location in the code and no data.",
    ),
    "internal/place": _own("Jemmo ran into an unexpected error.", "Send this to support: {place}."),
    "error": _own(
        _("Something went wrong."),
        _("Try again. If it happens again, send this message to support."),
    ),
}

ACCOUNTS: dict[str, Entry] = {
    "not_allowed": _own(
        _("Your role doesn't allow this."), _("Ask an owner or admin of your organization.")
    ),
    "not_allowed/notes": _own(
        "This member can't see notes, so there is nothing to export.",
        "Omit --as, or let the member see notes: `jemmo user add EMAIL --org {org} --role {role} --notes`.",
    ),
    "changed_meanwhile": _own(
        _("Someone else changed this in the meantime, so your change wasn't saved."),
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
        _("This person is already a member."), _("Change the role in the list.")
    ),
    "already_invited": _own(
        _("This person is already invited."),
        _("Copy the invitation link, or withdraw the invitation first."),
    ),
    "invitation_gone": _own(
        _("This invitation is no longer valid."),
        _("Ask the person who invited you for a new invitation."),
    ),
    "unproved_address": _own(
        _("Your email address isn't confirmed yet."),
        _("Confirm it in “My account”, then open the invitation again."),
    ),
    "other_account": _own(
        _("The invitation is for a different email address."),
        _("Sign out, then sign in with the email address that received the invitation."),
    ),
    "organisation_exists": _own(
        _("This organization already exists. To give someone access to it, run `jemmo user add`."),
        _("To give yourself access, run `jemmo user add EMAIL --org {slug}`."),
    ),
    "email": _own(_("This is not a valid email address."), _("Correct it and try again.")),
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
        "To create it, connect an ATS: `jemmo connect teamtailor --org NAME --key-stdin`.",
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
        "To keep it, omit --password-stdin. To replace it, add --reset-password, which signs the "
        "person out on all devices.",
    ),
    "not_a_member": _own(
        "This person isn't a member of the organization.", "To add a member, run `jemmo user add`."
    ),
    "unknown_account": _own(
        "No account has this email address.", "To create one, run `jemmo user add`."
    ),
    "token_expiry": _own(
        _("The expiration date is in the past."),
        _("Choose a future date, or leave this empty for a token that doesn't expire."),
    ),
    "too_many_tokens": _own(
        _("The organization already has {most} API tokens."),
        _("Revoke tokens that are no longer used. The list shows when each was last used."),
    ),
    "unknown_token": _own(
        _("The organization has no API token with this ID."),
        _("You can find token IDs in the list of tokens."),
    ),
    "too_many_endpoints": _own(
        _("The organization already has {most} webhook endpoints."),
        _("Delete endpoints that are no longer used."),
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
    "endpoint_refused/address": _own(_("This web address can't receive webhooks."), _ENDPOINT),
    "endpoint_refused/scheme": _own(_("Webhooks can only be sent over https."), _ENDPOINT_HOST),
    "endpoint_refused/private": _own(
        _("This address points to a private network."), _ENDPOINT_HOST
    ),
    "endpoint_refused/ourselves": _own(_("This is Jemmo's own address."), _ENDPOINT),
    "scope": _own(_("A token needs at least one scope."), _("Choose from these scopes: {scopes}.")),
    "scope/unknown": _own(
        _("“{scope}” is not a valid scope."), _("Choose from these scopes: {scopes}.")
    ),
}

REQUESTS: dict[str, Entry] = {
    "always_quiet": _own(
        _("Quiet hours cover the whole week, so no sync could ever start."),
        _("Leave some hours free, or pause the connections."),
    ),
    "contact_reason_missing": _own(
        _("Enter a reason."), _("Briefly explain why this person must not be contacted.")
    ),
    "empty": _own(_("The message is empty."), _("Describe the problem.")),
    "questions_wait": _own(
        _("Other ATS requests are still waiting for a response."), _HALF_A_MINUTE
    ),
    "questions_wait/organization": _own(
        _("Your organization is still waiting for a response from the ATS."), _HALF_A_MINUTE
    ),
    "questions_wait/person": _own(
        _("Your last request to an ATS is still waiting for a response."), _HALF_A_MINUTE
    ),
    "too_many_keys": _own(
        _("Too many keys were tried in a short time, so this one wasn't sent to the ATS."),
        _("Wait ten minutes, then try again. Enter the key exactly as the ATS shows it."),
    ),
    "too_many_questions": _own(
        _("Jemmo sent the ATS too many requests in a short time, so this one wasn't sent."),
        _("Try again in ten minutes."),
    ),
    "not_refreshable": _own(
        _("This ATS can't return records of this type one at a time."),
        _("Run a sync instead. It reads everything that has changed."),
    ),
    # notifications
    "email_not_set_up": _own(
        _("Email isn't set up, so this message wasn't sent."),
        _("Ask your Jemmo operator to set it up."),
    ),
    "member_left": _own(_("This member left the organization."), _("No action needed.")),
    "chat_gone": _own(_("The chat was removed."), _("No action needed.")),
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
    "receiver_refused/scheme": _own(_("Messages can only be sent over https."), _CHAT),
    "receiver_refused/private": _own(
        _("This address points to a private network."),
        _CHAT,
    ),
    # the command line
    "not_confirmed": _own(
        "This needs your confirmation, so nothing was changed.", "Add --yes to confirm."
    ),
    "date": _own("“{day}” is not a date.", "Use the format 2027-06-30."),
    "key_missing": _own(
        "The API key is missing.",
        "Pipe it in with --key-stdin to keep it out of your shell history.",
    ),
    "no_provider": _own("To run a probe, name an ATS.", "Add it: jemmo doctor {provider} --probe"),
    "no_probe": _own(
        "{ats} doesn't need a probe, because its API is documented.",
        "To check the connection, run `jemmo doctor`.",
    ),
    "unknown_provider": _own(
        "The connector “{provider}” doesn't exist.", "Choose one of: {providers}."
    ),
    "unknown_connection": _own("The connection {connection} doesn't exist.", _LISTED),
    "which_connection": _own(
        "{organization} has several connections, so you must choose one.",
        f"Choose one with --connection. {_LISTED}",
    ),
    "hours_malformed": _own(
        "{option} has invalid hours (“{value}”).",
        "Use the format 22:00-06:00, or 'mon-fri 08:00-10:00' for certain days.",
    ),
    "time_zone_unknown": _own(
        "“{value}” isn't a valid time zone.",
        "Use a name such as Europe/Paris or America/New_York.",
    ),
    "export_kind": _own("“{kind}” can't be exported.", "Choose one of: {kinds}."),
    "who": _own(
        "No person was specified.",
        "Use --talent ID, or --email-stdin with the email address on standard input.",
    ),
    "nobody": _own(
        _("Nobody in this organization has this ID or address."),
        _("Check the ID or address. To list everyone, run `jemmo export talents`."),
    ),
    "file_unreadable": _own(
        "{file} can't be opened: {reason}.", "Check the path and its read permissions."
    ),
    "file_unreadable/missing": _own(
        "The file {file} doesn't exist.", "Check the path and its read permissions."
    ),
    "file_unreadable/not_a_file": _own(
        "{file} is not a file.", "Check the path and its read permissions."
    ),
    "path": _own(
        "{path} can't be written ({reason}).", "Choose another path, or free up disk space."
    ),
    "path/exists": _own("{path} already exists.", "Choose another name."),
    "path/missing": _own("The file {path} doesn't exist.", "Check the path."),
    "path/unreadable": _own(
        "{path} can't be read ({reason}).", "Check the path and its read permissions."
    ),
    # backups
    "backup_damaged": _own(
        "{file} is incomplete, damaged, or not a backup of Jemmo.", _OTHER_BACKUP
    ),
    "backup_damaged/rows": _own("{file} doesn't contain every row of {table}.", _OTHER_BACKUP),
    "backup_newer": _own(
        "The backup was made by a newer version of Jemmo ({version}).",
        "Install that version, then restore.",
    ),
    "not_empty": _own(
        "The database is not empty.",
        "Restore into an empty database, or add --replace to discard this one's contents. Back it up first.",
    ),
    "in_use": _own(
        "The database is in use (other open sessions: {sessions}).",
        "Stop every `jemmo up`, `jemmo web`, and `jemmo worker`, then restore.",
    ),
    "suppressions": _own(
        "{path} is not a list of erasures.",
        "Nothing was changed. Use the file that `jemmo suppressions` wrote.",
    ),
    # processes
    "port_taken": _own(
        "Port {port} on {host} can't be opened, because another program uses it.", _PORT
    ),
    "port_forbidden": _own(
        "Port {port} on {host} can't be opened, because this user isn't allowed to open it.",
        "Choose a port above 1023 with --port, and put a proxy in front of it.",
    ),
    "port_closed": _own("Port {port} on {host} can't be opened: {reason}.", _PORT),
    "host_unknown": _own(
        "Port {port} on {host} can't be opened, because this machine doesn't have that address.",
        "Correct --host. Use 127.0.0.1 for this machine only, or 0.0.0.0 for all its addresses.",
    ),
    "not_a_socket": _own(
        "File descriptor {descriptor} is not a socket.",
        "Use --fd 3 only with systemd socket activation. Otherwise, omit it.",
    ),
    "part_ended": _own(
        "The {program} {reason} {failures} times in a row, so everything was stopped. It printed: {lines}",
        "Fix the problem it reported, then run `jemmo up` again.",
    ),
    "does_not_stop": _own(
        "`jemmo up` (process {process}) didn't stop within {seconds} seconds.",
        "Wait a minute and run `jemmo down` again.",
    ),
    "already_up": _own(
        "Jemmo is already running for this data folder.",
        "Use the running instance, or stop it with `jemmo down`.",
    ),
    # the API
    "token_refused": _own(
        "The API token is missing, unknown, expired, or revoked.",
        "Send `Authorization: Bearer TOKEN`. To create a token, run `jemmo token create`.",
    ),
    "token_refused/mcp": _own(
        "The API token is unknown, expired, or revoked, or it belongs to another organization.",
        "Create a token with `jemmo token create`, then restart the server with it.",
    ),
    "mcp_not_installed": _own(
        "To serve AI assistants, Jemmo needs the package mcp, which isn't installed.",
        "Your Jemmo operator can install it with `pip install 'jemmo[mcp]'`.",
    ),
    "scope_missing": _own(
        "The token doesn't have the scope “{scope}”.",
        "Use a token with this scope: `jemmo token create --scope {scope} …`.",
    ),
    "token_bound": _own(
        "The token is limited to one connection, but this request is for the whole organization.",
        "Use a token that isn't limited to a connection.",
    ),
    "too_many_requests": _own("Too many requests at once.", "Try again in a moment."),
    "too_many_requests/token": _own(
        "The token has reached its request limit for this minute.",
        "Try again in {seconds} seconds, or request larger pages (`limit`).",
    ),
    "too_many_requests/writes": _own(
        "The token has reached its change limit for this minute.", "Try again in {seconds} seconds."
    ),
    "idempotency_in_use": _own(
        "A request with this Idempotency-Key is still in progress.",
        "Send the same request again in a few seconds to get its response.",
    ),
    "idempotency_other_request": _own(
        "This Idempotency-Key was used for a different request in the last 24 hours.",
        "Use a new key for each request. Reuse a key only to repeat the same request.",
    ),
    "too_many_streams": _own(
        "The token has too many open streams.",
        "Close a stream first. A token can have {most} at a time.",
    ),
    "cursor_expired": _own(
        "The feed can't continue from this number. It is too old, comes from another database or "
        "from before a restore, or predates the token's current access.",
        "Restart from a snapshot. Read /api/v1/snapshot/ENTITY for each entity, then the changes after its `seq`.",
    ),
    "not_found/record": _own(
        "The record doesn't exist.",
        "Check the ID. The record may be deleted in the ATS, excluded by a rule, or confidential.",
    ),
    "not_found/entity": _own(
        "No such record exists in {entity}, or you don't have access to it.",
        "Search for the record first, or call `why` with its ID. It may be deleted, excluded, or confidential.",
    ),
    "not_found/job_posting": _own(
        "The job doesn't exist, or it isn't public.",
        "Only jobs that are open and public in the ATS have a posting. "
        "Confidential, internal, and unlisted jobs don't.",
    ),
    "not_found/file": _own(
        "The content of this file isn't available.",
        "Check its `fetch_status`. Only STORED files can be downloaded, except those of people "
        "who must not be contacted.",
    ),
    "not_found/link": _own(
        "This file link isn't valid or has expired.",
        "Get a new link with `GET /api/v1/files/ID/link`. A link works for 5 minutes.",
    ),
    "not_found/address": _own("There is nothing at this address.", _OPENAPI),
    "bad_request": _own("The request isn't valid.", _OPENAPI),
    "bad_parameter": _own("The parameter “{name}” is not valid ({reason}).", _OPENAPI),
    "bad_parameter/include": _own(
        "The parameter “include” is not valid, because these records have no “{value}”.",
        "Choose from: {choices}.",
    ),
    "bad_parameter/fields": _own(
        "The parameter “fields” is not valid, because “{value}” is not a field.",
        "Choose from: {choices}.",
    ),
    "bad_parameter/sort": _own(
        "The parameter “sort” is not valid: this list can't be sorted by “{value}”.",
        "Choose from: {choices}.",
    ),
    "bad_parameter/unknown": _own(
        "This address has no parameter “{name}”.", "Choose from: {choices}."
    ),
    "bad_parameter/idempotency_key": _own(
        "The header “{name}” is not valid.",
        "Send 1 to 200 visible ASCII characters, such as a UUID.",
    ),
    "bad_parameter/time": _own(
        "The parameter “{name}” is not a valid date and time with an offset.",
        "Use the format 2026-11-30T08:00:00Z.",
    ),
    "bad_parameter/entity": _own(
        "The parameter “entity” is not a valid type of record.",
        "Choose from: {choices}.",
    ),
    "bad_parameter/range": _own(
        "The parameter “entity” is missing. A range covers one type of record.",
        "Also send `entity`.",
    ),
    "bad_parameter/cursor": _own(
        "The parameter “cursor” is not a valid cursor for this list.",
        "Send the previous page's `next_cursor`, or omit it to start over.",
    ),
    "method_not_allowed": _own(
        "This address does not support this method.", "See the Allow header."
    ),
    "too_large/request": _own("The request is too large.", "Send a smaller request."),
    "address_too_long": _own("The address is too long.", "Shorten the parameters."),
    "unavailable/digest": _own(
        "Too much data is being written to compare everything at once.",
        "Try again in a few seconds.",
    ),
    "unavailable/api": _own(
        "Jemmo is busy or can't reach its database.", "Try again in a few seconds."
    ),
}
