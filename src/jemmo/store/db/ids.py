"""Row ids: UUID version 7 (RFC 9562), ordered by creation time, so that indexes grow at one end."""

from __future__ import annotations

import os
import time
from struct import unpack
from uuid import UUID

COUNTED = 0x1000  # ids per millisecond that a counter keeps in order


def new_ids(count: int) -> list[UUID]:
    """Return ``count`` new ids. Those beyond 4096 use the next millisecond."""
    now = time.time_ns() // 1_000_000
    noise = unpack(f">{count}Q", os.urandom(8 * count))
    return [
        UUID(
            int=(now + place // COUNTED) << 80
            | (0x7000 | place % COUNTED) << 64
            | 1 << 63
            | random_bits >> 2
        )
        for place, random_bits in enumerate(noise)
    ]
