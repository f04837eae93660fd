"""Detects that someone else changed a form's values while it was open, since saving it would undo their work."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec


def fingerprint(values: Any) -> str:
    """Return a fingerprint of a form's original values."""
    return hashlib.sha256(msgspec.json.encode(values, order="sorted")).hexdigest()[:16]
