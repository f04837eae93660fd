"""Row ids: UUID version 7 (RFC 9562), whose order is that of their making, so that indexes grow at one end."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from uuid import UUID


def new_ids(count: int) -> Iterator[UUID]:
    """``count`` fresh ids of this millisecond."""
    head = (time.time_ns() // 1_000_000) << 80
    noise = os.urandom(10 * count)
    for start in range(0, 10 * count, 10):
        tail = int.from_bytes(noise[start : start + 10])
        yield UUID(int=head | (tail & ~(0xF000 << 64) & ~(0xC << 60)) | (0x7 << 76) | (0x8 << 60))
