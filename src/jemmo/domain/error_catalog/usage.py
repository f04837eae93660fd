"""Errors caused by people's requests on pages, the command line and the API, and by stopped syncs."""

from __future__ import annotations

from functools import partial

from jemmo.domain.error_kinds import Entry, ErrorKind
from jemmo.domain.translation_marks import marked as _

_own = partial(Entry, ErrorKind.JEMMO)
_NOTHING = _("No action needed: the next sync continues where this one stopped.")
_SUPPORT = _("Copy this entry and send it to support. Nothing was lost.")
_CHAT = _("Correct the chat's address in Settings > Notifications.")
_ENDPOINT = _("Correct the URL, then save again.")
_ENDPOINT_HOST = _("Correct the URL. An operator can allow the host with JEMMO_WEBHOOK_HOSTS.")
_HALF_A_MINUTE = _("Try again in half a minute.")
_LISTED = "`jemmo status` lists the connections."
_OTHER_BACKUP = "Nothing was changed. Take another backup, or fetch this one again."
_PORT = "Choose another one with --port, or stop the program that uses it."
_OPENAPI = "See /api/v1/openapi.json."

SYNCS: dict[str, Entry] = {
    "cancelled": _own(_("The sync was stopped on purpose."), _NOTHING),
    "cancelled/command": _own("Stopped.", "Run the command again: it continues where it stopped."),
    "interrupted": _own(_("The process that ran the sync was interrupted."), _NOTHING),
    "same_failure": _own(
        _("The sync failed the same way as before, so retrying may not help."),
        _("Follow the next step of the error. If that doesn't help, send it to support."),
    ),
    "lease_lost": _own(_("Another run took over, so this one stopped."), _NOTHING),
    "slice_over": _own(_("Other syncs are waiting for this worker."), _NOTHING),
    "already_running": _own(
        _("A sync of this connection is already running."),
        _("Wait for it to finish. `jemmo status` shows its progress."),
    ),
    "internal": _own(_("Jemmo failed unexpectedly."), _SUPPORT),
    "internal/report": _own(
        "Jemmo failed unexpectedly.",
        "Send {path} to support. It names the place in the code and no data.",
    ),
    "internal/place": _own("Jemmo failed unexpectedly.", "Send this to support: {place}."),
    "error": _own(
        _("Something went wrong."),
        _("Try again. If it happens again, send this message to support."),
    ),
}

ACCOUNTS: dict[str, Entry] = {
    "not_allowed": _own(
        _("Your role does not allow this."), _("Ask an owner or admin of your organization.")
    ),
    "not_allowed/notes": _own(
        "This member can't see notes, so there is nothing to export.",
        "Leave out --as, or let the member see notes: `jemmo user add EMAIL --org {org} --role {role} --notes`.",
    ),
    "changed_meanwhile": _own(
        _("Someone else changed this in the meantime, so nothing was saved."),
        _("Reload to see the current state, then change it again if you still want to."),
    ),
    "changed_meanwhile/deletions": _own(
        _("The paused deletions have changed, so nothing was released."),
        _("Review what would be deleted now, and decide again."),
    ),
    "last_owner": _own(
        _("An organization needs at least one owner."), _("Make someone else an owner first.")
    ),
    "already_member": _own(
        _("This person is already a member."), _("Change the role in the list.")
    ),
    "already_invited": _own(
        _("This person is already invited."),
        _("Copy the link of the invitation, or withdraw it first."),
    ),
    "invitation_gone": _own(
        _("This invitation is no longer valid."), _("Ask whoever invited you for a new one.")
    ),
    "unproved_address": _own(
        _("Your e-mail address isn't confirmed yet."),
        _("Confirm it in “My account”, then open the invitation again."),
    ),
    "other_account": _own(
        _("The invitation is for a different e-mail address."),
        _("Sign out, and sign in with the address that was invited."),
    ),
    "organisation_exists": _own(
        _("This organization already exists. `jemmo user add` gives access to it."),
        _("Give yourself access on the command line: `jemmo user add EMAIL --org {slug}`."),
    ),
    "email": _own(_("This is not an e-mail address."), _("Correct it and try again.")),
    "leaving_already": _own(
        _("This organization is already scheduled for deletion."),
        _("No action needed. Until then, you can undo it."),
    ),
    "not_leaving": _own(_("There is no deletion to undo."), _("Reload the organization's page.")),
    "unknown_organisation": _own(
        "There is no organization “{slug}”.",
        "Connect an ATS to create it: `jemmo connect teamtailor --org NAME --key-stdin`.",
    ),
    "unknown_organisation/others": _own(
        "There is no organization “{slug}”.", "Known: {organizations}."
    ),
    "slug": _own(
        "“{slug}” cannot be an organization's short name.",
        "Use letters, digits, hyphens and underscores, at most 60.",
    ),
    "role": _own("“{role}” is not a role.", "Choose one of: {roles}."),
    "password_exists": _own(
        "{email} already has a password.",
        "Leave out --password-stdin to keep it. Add --reset-password to replace it, which signs the person out "
        "everywhere.",
    ),
    "not_a_member": _own(
        "This person does not belong to the organization.", "`jemmo user add` adds a member."
    ),
    "unknown_account": _own("No account has this e-mail address.", "`jemmo user add` creates one."),
    "token_expiry": _own(
        _("The token would have expired already."),
        _("Choose a day in the future, or leave it empty for a token that doesn't expire."),
    ),
    "too_many_tokens": _own(
        _("The organization already has {most} API tokens."),
        _("Revoke those that no program uses: the list shows when each was last used."),
    ),
    "unknown_token": _own(
        _("The organization has no API token with this ID."),
        _("The list of tokens shows their IDs."),
    ),
    "too_many_endpoints": _own(
        _("The organization already has {most} webhook endpoints."),
        _("Delete those that no program uses."),
    ),
    "unknown_endpoint": _own(
        _("The organization has no webhook endpoint with this ID."),
        _("The list of endpoints shows their IDs."),
    ),
    "endpoint_events": _own(_("Choose at least one event."), _("Choose from: {events}.")),
    "endpoint_events/unknown": _own(
        _("“{name}” is neither an event nor a kind of record."),
        _("Events: {events}. Records: {entities}."),
    ),
    "endpoint_events/connection": _own(
        _("The organization has no such connection."), _("Choose from your connections.")
    ),
    "endpoint_refused/address": _own(
        _("This is not a web address that webhooks can be sent to."), _ENDPOINT
    ),
    "endpoint_refused/scheme": _own(_("Webhooks are sent over https only."), _ENDPOINT_HOST),
    "endpoint_refused/private": _own(
        _("This address points to a private network."), _ENDPOINT_HOST
    ),
    "endpoint_refused/ourselves": _own(_("This is the address of Jemmo itself."), _ENDPOINT),
    "scope": _own(_("A token needs at least one scope."), _("Choose from: {scopes}.")),
    "scope/unknown": _own(_("“{scope}” is not a scope."), _("Choose from: {scopes}.")),
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
        _("Other requests to an ATS are still waiting for a response."), _HALF_A_MINUTE
    ),
    "questions_wait/organization": _own(
        _("Your organization is still waiting for a response from the ATS."), _HALF_A_MINUTE
    ),
    "questions_wait/person": _own(
        _("Your last request to an ATS is still waiting for a response."), _HALF_A_MINUTE
    ),
    "too_many_keys": _own(
        _("Too many keys were tried in a short time, so this one wasn't sent to the ATS."),
        _("Wait ten minutes, then try again with exactly the key that the ATS shows."),
    ),
    "too_many_questions": _own(
        _("Too many requests were made to the ATS in a short time, so this one wasn't sent."),
        _("Try again in ten minutes."),
    ),
    "not_refreshable": _own(
        _("This ATS can't return a single record of this kind."),
        _("Run a sync instead: it reads everything that changed."),
    ),
    # notifications
    "email_not_set_up": _own(
        _("E-mail isn't set up, so it was not sent."),
        _("Ask the person who runs Jemmo to set it up."),
    ),
    "member_left": _own(_("The member left."), _("No action needed.")),
    "chat_gone": _own(_("The chat was removed."), _("No action needed.")),
    "receiver_away": _own(
        _("{host} isn't responding."), _("No action needed: Jemmo tries again later.")
    ),
    "receiver_busy": _own(
        _("{host} responded with an error (HTTP {status})."),
        _("No action needed: Jemmo tries again later."),
    ),
    "receiver_refused": _own(
        _("{host} doesn't accept messages at this address (HTTP {status})."),
        _CHAT,
    ),
    "receiver_refused/address": _own(
        _("This is not a web address that messages can be sent to."), _CHAT
    ),
    "receiver_refused/scheme": _own(_("Messages are only sent over https."), _CHAT),
    "receiver_refused/private": _own(
        _("This address points to a private network."),
        _CHAT,
    ),
    # the command line
    "not_confirmed": _own(
        "This needs your confirmation, so nothing was changed.", "Add --yes to confirm."
    ),
    "date": _own("“{day}” is not a date.", "Write it as 2027-06-30."),
    "key_missing": _own(
        "The API key is missing.",
        "Pipe it in with --key-stdin, to keep it out of your shell history.",
    ),
    "no_provider": _own(
        "A probe needs the name of an ATS.", "Add it: jemmo doctor {provider} --probe"
    ),
    "no_probe": _own(
        "{ats} needs no probe: its API is documented.",
        "`jemmo doctor` checks the connection.",
    ),
    "unknown_provider": _own("There is no connector “{provider}”.", "Choose one of: {providers}."),
    "unknown_connection": _own("There is no connection {connection}.", _LISTED),
    "which_connection": _own(
        "{organization} has several connections, and it is not clear which of them is meant.",
        f"Name it with --connection. {_LISTED}",
    ),
    "hours_malformed": _own(
        "{option} has hours that can't be read (“{value}”).",
        "Write them as 22:00-06:00, or 'mon-fri 08:00-10:00' for certain days.",
    ),
    "time_zone_unknown": _own(
        "This machine has no time zone “{value}”.",
        "Use a name such as Europe/Paris or America/New_York.",
    ),
    "export_kind": _own("“{kind}” cannot be exported.", "Choose one of: {kinds}."),
    "who": _own(
        "The command doesn't name a person.",
        "Give either --talent ID, or --email-stdin and the address on standard input.",
    ),
    "nobody": _own(
        _("No person of this organization has this ID or address."),
        _("Check the ID or the address. `jemmo export talents` lists everyone."),
    ),
    "file_unreadable": _own(
        "{file} cannot be opened: {reason}.", "Check the path and who may read it."
    ),
    "file_unreadable/missing": _own(
        "There is no file {file}.", "Check the path and who may read it."
    ),
    "file_unreadable/not_a_file": _own(
        "{file} is not a file.", "Check the path and who may read it."
    ),
    "path": _own(
        "{path} cannot be written ({reason}).", "Choose another path, or make room there."
    ),
    "path/exists": _own("{path} already exists.", "Choose another name."),
    "path/missing": _own("There is no file {path}.", "Check the path."),
    "path/unreadable": _own(
        "{path} cannot be read ({reason}).", "Check the path and who may read it."
    ),
    # backups
    "backup_damaged": _own(
        "{file} is incomplete, damaged, or not a backup of Jemmo.", _OTHER_BACKUP
    ),
    "backup_damaged/rows": _own("{file} does not contain every row of {table}.", _OTHER_BACKUP),
    "backup_newer": _own(
        "The backup was taken by a newer Jemmo ({version}).", "Install that version, then restore."
    ),
    "not_empty": _own(
        "The database is not empty.",
        "Restore into an empty one, or add --replace to discard what is in this one. Take a backup of it first.",
    ),
    "in_use": _own(
        "The database is in use: {sessions} other sessions are open.",
        "Stop every `jemmo up`, `jemmo web` and `jemmo worker`, then restore.",
    ),
    "suppressions": _own(
        "{path} is not a list of erasures.",
        "Give the file that `jemmo suppressions` wrote. Nothing was changed.",
    ),
    # processes
    "port_taken": _own("Port {port} of {host} cannot be opened: another program uses it.", _PORT),
    "port_forbidden": _own(
        "Port {port} of {host} cannot be opened: this user may not open it.",
        "Choose a port above 1023 with --port, and put a proxy in front of it.",
    ),
    "port_closed": _own("Port {port} of {host} cannot be opened: {reason}.", _PORT),
    "host_unknown": _own(
        "Port {port} of {host} cannot be opened: this machine does not have that address.",
        "Correct --host: 127.0.0.1 for this machine only, 0.0.0.0 for all its addresses.",
    ),
    "not_a_socket": _own(
        "File descriptor {descriptor} is not a socket.",
        "Use --fd 3 under systemd's socket activation; otherwise leave it out.",
    ),
    "part_ended": _own(
        "The {program} {reason} {failures} times in a row, so everything was stopped. It printed: {lines}",
        "Correct what it complains about, then run `jemmo up` again.",
    ),
    "does_not_stop": _own(
        "`jemmo up` (process {process}) has not stopped within {seconds} seconds.",
        "Wait a minute and run `jemmo down` again.",
    ),
    "already_up": _own(
        "Jemmo is already up for this data folder.", "Use it, or stop it with `jemmo down`."
    ),
    # the API
    "token_refused": _own(
        "The API token is missing, unknown, expired, or revoked.",
        "Send `Authorization: Bearer TOKEN`. `jemmo token create` makes a token.",
    ),
    "token_refused/mcp": _own(
        "The API token is unknown, expired, revoked, or of another organization.",
        "Create one with `jemmo token create`, and start the server again with it.",
    ),
    "mcp_not_installed": _own(
        "Answering assistants needs the package mcp, which is not installed.",
        "Whoever runs Jemmo can install it: `pip install 'jemmo[mcp]'`.",
    ),
    "scope_missing": _own(
        "The token lacks the scope “{scope}”.",
        "Use a token with this scope: `jemmo token create --scope {scope} …`.",
    ),
    "token_bound": _own(
        "The token belongs to one connection, and this is about the whole organization.",
        "Use a token without a connection.",
    ),
    "too_many_requests": _own("Too many requests at once.", "Try again a little later."),
    "too_many_requests/token": _own(
        "The token has used up its requests for this minute.",
        "Try again in {seconds} seconds, or ask for larger pages (`limit`).",
    ),
    "too_many_requests/writes": _own(
        "The token has used up its changes for this minute.", "Try again in {seconds} seconds."
    ),
    "idempotency_in_use": _own(
        "A request with this Idempotency-Key is still under way.",
        "Send the same request again in a few seconds to get its answer.",
    ),
    "idempotency_other_request": _own(
        "This Idempotency-Key was used with another request in the last 24 hours.",
        "Use a new key for each request, and the same one only to repeat it.",
    ),
    "too_many_streams": _own(
        "The token has too many open streams.",
        "Close one first: a token may have {most} at a time.",
    ),
    "cursor_expired": _own(
        "The feed can't continue from this number: it is too old, of another database or from before a restore, or "
        "from before the token could read what it reads now.",
        "Restart from a snapshot: read /api/v1/snapshot/ENTITY of each entity, then the changes after its `seq`.",
    ),
    "not_found/record": _own(
        "There is no such record.",
        "Check the ID. The record may have been deleted in the ATS, be excluded by a rule, or be confidential.",
    ),
    "not_found/entity": _own(
        "There is no such record among the {entity}, or it may not be read.",
        "Search for it first, or ask `why` with its ID: it may be deleted, excluded or confidential.",
    ),
    "not_found/job_posting": _own(
        "There is no such job, or it isn't open to the public.",
        "Only jobs that are open and public in the ATS have a posting: not confidential, internal or unlisted ones.",
    ),
    "not_found/file": _own(
        "The content of this file isn't available.",
        "See its `fetch_status`: only files that are STORED can be downloaded, and not those of people who must not "
        "be contacted.",
    ),
    "not_found/link": _own(
        "This link to a file isn't valid, or no longer.",
        "Get a new one: `GET /api/v1/files/ID/link`. A link works for 5 minutes.",
    ),
    "not_found/address": _own("There is nothing at this address.", _OPENAPI),
    "bad_request": _own("The request can't be understood.", _OPENAPI),
    "bad_parameter": _own("The parameter “{name}” is not valid ({reason}).", _OPENAPI),
    "bad_parameter/include": _own(
        "The parameter “include” is not valid: these records have no “{value}”.",
        "Choose from: {choices}.",
    ),
    "bad_parameter/fields": _own(
        "The parameter “fields” is not valid: “{value}” is not a field.",
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
        "The parameter “{name}” is not valid: it is not a date and time with an offset.",
        "Write it as 2026-11-30T08:00:00Z.",
    ),
    "bad_parameter/entity": _own(
        "The parameter “entity” is not valid: there are no such records.",
        "Choose from: {choices}.",
    ),
    "bad_parameter/range": _own(
        "The parameter “entity” is missing: a range covers one kind of record.",
        "Send `entity` too.",
    ),
    "bad_parameter/cursor": _own(
        "The parameter “cursor” is not valid: it is not a cursor of this list.",
        "Send the previous page's `next_cursor`, or omit it to start over.",
    ),
    "method_not_allowed": _own(
        "This address does not support this method.", "See the Allow header."
    ),
    "too_large/request": _own("The request is too large.", "Send less at once."),
    "address_too_long": _own("The address is too long.", "Shorten its parameters."),
    "unavailable/digest": _own(
        "Too much is being written to compare everything at one moment.",
        "Try again in a few seconds.",
    ),
    "unavailable/api": _own(
        "Jemmo is busy or can't reach its database.", "Try again in a few seconds."
    ),
}
