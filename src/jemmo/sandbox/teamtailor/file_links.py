"""Presigned file links: signed in each response, expiring after a minute, checked on download."""

from datetime import UTC, datetime

from jemmo.sandbox.clock import Clock
from jemmo.sandbox.mixing import MASK, mix

ODD = 0xD6E8FEB86659FD93
BACK = pow(ODD, -1, 1 << 64)
LIFETIME_S = 60
RENDITION, ORIGINAL, UPLOAD = 0, 1, 2


class FileLinks:
    """Names files by 40 hex digits and signs links to them.

    The digits encode record, kind and version, so no table of links is needed.
    """

    def __init__(self, clock: Clock, salt: int, lifetime_s: int = LIFETIME_S) -> None:
        self._clock = clock
        self._salt = salt
        self.base = ""
        self.lifetime_s = lifetime_s
        self._second = -1
        self._stamp = ""

    def refresh(self, base: str) -> None:
        """Sign the following links with the current second."""
        second = self._clock.now_ms() // 1000
        if second == self._second and base == self.base:
            return
        self._second, self.base = second, base
        self._stamp = self._query(second)

    def _query(self, second: int) -> str:
        moment = datetime.fromtimestamp(second, UTC)
        return (
            "?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=SANDBOX%2F"
            f"{moment:%Y%m%d}%2Feu-west-1%2Fs3%2Faws4_request&X-Amz-Date={moment:%Y%m%dT%H%M%SZ}"
            f"&X-Amz-Expires={self.lifetime_s}&X-Amz-SignedHeaders=host&X-Amz-Signature="
        )

    def link(self, record: int, kind: int, version: int, extension: str) -> str:
        """Return a signed link within JSON quotes."""
        code = (((record << 12) | (version << 4) | kind) * ODD + self._salt) & MASK
        tail, sign = f"{mix(self._salt, code):016x}", f"{mix(code, self._second):016x}"
        return (
            f'"{self.base}/s3/resumes/{code:016x}{tail}{tail[:8]}.{extension}'
            f'{self._stamp}{sign}{tail}{sign}{tail}"'
        )

    def open(self, digits: str) -> tuple[int, int, int] | None:
        """Return (record, kind, version) of a file name, None if it is not one of ours."""
        code = int(digits[:16], 16)
        if int(digits[16:32], 16) != mix(self._salt, code):
            return None
        plain = ((code - self._salt) * BACK) & MASK
        return plain >> 12, plain & 15, (plain >> 4) & 255

    def signed(self, digits: str, second: int, signature: str) -> bool:
        """Return whether a signature belongs to this file and second."""
        return signature[:16] == f"{mix(int(digits[:16], 16), second):016x}"

    def fresh(self, second: int) -> bool:
        """Return whether a link signed at this second is still valid."""
        age_ms = self._clock.now_ms() - second * 1000
        return 0 <= age_ms <= self.lifetime_s * 1000
