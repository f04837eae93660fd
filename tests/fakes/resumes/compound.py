"""Compound files (OLE) with a few streams, as saved by Word 97 to 2003.

Streams are padded to 4096 bytes, so that none goes into the mini stream.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping

SECTOR = 512
FREE, END, FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
NONE = 0xFFFFFFFF


def compound(streams: Mapping[str, bytes], *, scattered: bool = False) -> bytes:
    """Create a file with these streams at its root: at most 3, and 60 kB in total.

    ``scattered`` stores the sectors of each stream in reverse order, as may happen after many saves.
    """
    padded = {name: content.ljust(4096, b"\0") for name, content in streams.items()}
    table, starts, body = [FAT, 2, END], {}, b""  # the table itself and two directory sectors
    for name, content in padded.items():
        count = -(-len(content) // SECTOR)
        first, sectors = (
            len(table),
            [content[at : at + SECTOR] for at in range(0, len(content), SECTOR)],
        )
        sectors[-1] = sectors[-1].ljust(SECTOR, b"\0")
        if scattered:
            starts[name] = first + count - 1
            table.extend([END, *range(first, first + count - 1)])
            sectors.reverse()
        else:
            starts[name] = first
            table.extend([*range(first + 1, first + count), END])
        body += b"".join(sectors)
    fat = struct.pack("<128I", *table, *[FREE] * (128 - len(table)))
    return _header() + fat + _directory(padded, starts) + body


def _header() -> bytes:
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    head += struct.pack("<5H6x", 0x3E, 3, 0xFFFE, 9, 6)
    head += struct.pack("<9I", 0, 1, 1, 0, 4096, END, 0, END, 0)
    return head + struct.pack("<109I", 0, *[FREE] * 108)


def _directory(streams: Mapping[str, bytes], starts: Mapping[str, int]) -> bytes:
    order = sorted(streams, key=lambda name: (len(name), name.upper()))
    middle = len(order) // 2
    places = {name: number for number, name in enumerate(order, start=1)}

    def neighbour(place: int) -> int:
        return places[order[place]] if 0 <= place < len(order) else NONE

    entries = _entry("Root Entry", 5, (NONE, NONE, places[order[middle]]), END, 0)
    for place, name in enumerate(order):
        sides = (neighbour(middle - 1), neighbour(middle + 1)) if place == middle else (NONE, NONE)
        entries += _entry(name, 2, (*sides, NONE), starts[name], len(streams[name]))
    empty = bytes(68) + struct.pack("<3I", NONE, NONE, NONE) + bytes(48)
    return entries + empty * (2 * SECTOR // 128 - len(entries) // 128)


def _entry(name: str, kind: int, links: tuple[int, int, int], start: int, size: int) -> bytes:
    encoded = name.encode("utf-16-le") + b"\0\0"
    head = encoded.ljust(64, b"\0") + struct.pack("<HBB3I", len(encoded), kind, 1, *links)
    return head + bytes(36) + struct.pack("<IQ", start, size)
