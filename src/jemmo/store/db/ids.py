"""Row ids: UUID version 7 (RFC 9562), whose order is that of their making, so that indexes grow at one end."""

from __future__ import annotations

import os
import time
from struct import Struct, unpack

_PAIR = Struct(">QQ").pack
COUNTED = 0x1000  # ids of one millisecond that a counter keeps in order


def new_ids(count: int) -> list[bytes]:
    """``count`` fresh ids, as the 16 bytes of each. Those beyond 4096 are of the next millisecond."""
    now = time.time_ns() // 1_000_000
    noise = unpack(f">{count}Q", os.urandom(8 * count))
    return [
        _PAIR((now + place // COUNTED) << 16 | 0x7000 | place % COUNTED, 1 << 63 | random_bits >> 2)
        for place, random_bits in enumerate(noise)
    ]
