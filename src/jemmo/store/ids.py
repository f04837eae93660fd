"""Row ids: UUID version 7 (RFC 9562), whose order is that of their making, so that indexes grow at one end."""

from __future__ import annotations

import os
import time

COUNTED = 0x1000  # ids of one millisecond that a counter keeps in order


def new_ids(count: int) -> list[bytes]:
    """``count`` fresh ids, as the 16 bytes of each. Those beyond 4096 are of the next millisecond."""
    now = time.time_ns() // 1_000_000
    noise = os.urandom(8 * count)
    return [
        ((now + place // COUNTED) << 16 | 0x7000 | place % COUNTED).to_bytes(8)
        + (noise[8 * place] & 0x3F | 0x80).to_bytes()
        + noise[8 * place + 1 : 8 * place + 8]
        for place in range(count)
    ]
