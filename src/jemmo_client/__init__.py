"""Read Jemmo's API from Python: records, changes, snapshots, digests of a copy, and webhooks.

It needs only Python's standard library; ``verify_webhook`` also needs ``standardwebhooks``.
"""

from jemmo_client.client import Change, ChangePage, Client, Digest, Record, Snapshot
from jemmo_client.copies import Part, Total, total_of
from jemmo_client.errors import ApiError, CursorExpired, IncompleteSnapshot
from jemmo_client.webhooks import Event, verify_webhook

__all__ = [
    "ApiError",
    "Change",
    "ChangePage",
    "Client",
    "CursorExpired",
    "Digest",
    "Event",
    "IncompleteSnapshot",
    "Part",
    "Record",
    "Snapshot",
    "Total",
    "total_of",
    "verify_webhook",
]
