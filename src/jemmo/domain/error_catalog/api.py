"""Errors of the API and its tokens."""

from __future__ import annotations

from functools import partial

from jemmo.domain.error_kinds import Entry, ErrorKind

_own = partial(Entry, ErrorKind.JEMMO)
_OPENAPI = "See /api/v1/openapi.json."

API: dict[str, Entry] = {
    "token_refused": _own(
        "The API token is missing, unknown, expired, or revoked.",
        "Send `Authorization: Bearer TOKEN`. To create a token, run `jemmo token create`.",
    ),
    "token_refused/mcp": _own(
        "The API token is unknown, expired, or revoked, or it belongs to another organization.",
        "Create a token with `jemmo token create`, then restart the server with it.",
    ),
    "mcp_not_installed": _own(
        "To serve AI assistants, Jemmo needs the mcp package, which isn't installed.",
        "Your Jemmo operator can install it with `pip install 'jemmo[mcp]'`.",
    ),
    "scope_missing": _own(
        "The token doesn't have the “{scope}” scope.",
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
        "The feed can't continue from this number. The number is too old, comes from another "
        "database or from before a restore, or predates the token's current access.",
        "Restart from a snapshot. Read /api/v1/snapshot/ENTITY for each entity, then read the "
        "changes after the snapshot's `seq`.",
    ),
    "not_found/record": _own(
        "The record doesn't exist.",
        "Check the ID. The record may have been deleted in the ATS, or it may be excluded by a rule or confidential.",
    ),
    "not_found/entity": _own(
        "No such record exists in {entity}, or you don't have access to it.",
        "Search for the record first, or call `why` with its ID. The record may be deleted, "
        "excluded, or confidential.",
    ),
    "not_found/job_posting": _own(
        "The job doesn't exist, or it isn't public.",
        "Only jobs that are open and public in the ATS have a posting. Confidential, internal, "
        "and unlisted jobs don't have one.",
    ),
    "not_found/file": _own(
        "The content of this file isn't available.",
        "Check the file's `fetch_status`. Only STORED files can be downloaded. Files of people "
        "who must not be contacted can't be downloaded.",
    ),
    "not_found/link": _own(
        "This file link isn't valid or has expired.",
        "Get a new link with `GET /api/v1/files/ID/link`. A link works for 5 minutes.",
    ),
    "not_found/address": _own("This endpoint doesn't exist.", _OPENAPI),
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
        "The parameter “sort” is not valid, because this list can't be sorted by “{value}”.",
        "Choose from: {choices}.",
    ),
    "bad_parameter/unknown": _own(
        "This endpoint has no parameter “{name}”.", "Choose from: {choices}."
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
        "This endpoint doesn't support this method.",
        "See the Allow header for the supported methods.",
    ),
    "too_large/request": _own("The request is too large.", "Send a smaller request."),
    "address_too_long": _own("The address is too long.", "Shorten the parameters."),
    "unavailable/digest": _own(
        "Too much data is being written to compare everything at once.",
        "Try again in a few seconds.",
    ),
    "reads_wait": _own(
        "Another request that reads all of an organization's records is still running.",
        "Try again in a few seconds.",
    ),
    "unavailable/api": _own(
        "Jemmo is busy or can't reach its database.", "Try again in a few seconds."
    ),
}
