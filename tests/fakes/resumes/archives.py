"""Reproducible zip archives."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from typing import Any, cast


class _OneWay(io.RawIOBase):
    """A stream that can't seek, so that sizes are written after the entries, in data descriptors."""

    def __init__(self) -> None:
        super().__init__()
        self.written = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.written += bytes(data)
        return len(bytes(data))


def zipped(
    parts: Mapping[str, str | bytes], *, streamed: bool = False, stored: tuple[str, ...] = ()
) -> bytes:
    out: Any = _OneWay() if streamed else io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in parts.items():
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_STORED if name in stored else zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return bytes(out.written) if streamed else cast("bytes", out.getvalue())
