"""The API with all its operations, which register when their modules are imported."""

from jemmo.api import (
    feed_operations,
    file_operations,
    log_operations,
    privacy_operations,
    public_operations,
    record_operations,
    sync_operations,
    webhook_operations,
)
from jemmo.api.document import OPERATIONS, api

__all__ = [
    "OPERATIONS",
    "api",
    "feed_operations",
    "file_operations",
    "log_operations",
    "privacy_operations",
    "public_operations",
    "record_operations",
    "sync_operations",
    "webhook_operations",
]
