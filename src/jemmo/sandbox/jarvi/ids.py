"""Converts record numbers to uuids and back. The order of uuids is unrelated to that of numbers."""

SIZE = 1 << 48
FACTOR = 0x9E3779B97F4B  # odd, so that it has an inverse
INVERSE = pow(FACTOR, -1, SIZE)
KINDS = {
    "profiles": 0x3F0C1A20,
    "projects": 0x7A00C3D4,
    "companies": 0x5C00E5F6,
    "users": 0x1D0017A8,
    "statuses": 0x9B0029BA,
    "fields": 0xC1003BCC,
    "values": 0xC2004DDE,
    "applications": 0xA1005FE0,
    "files": 0xF17061F2,
    "offers": 0x0FF37304,
    "entries": 0xE1708516,
}
NUMBERS = {f"{head:08x}": kind for kind, head in KINDS.items()}


def uuid(kind: str, number: int) -> str:
    """Return the uuid of a record.

    >>> number("profiles", uuid("profiles", 41))
    41
    """
    return f"{KINDS[kind]:08x}-0000-4000-8000-{number * FACTOR % SIZE:012x}"


def number(kind: str, text: str) -> int:
    """Return the number of a uuid, -1 for one of another kind or none at all."""
    parts = text.lower().split("-")
    if len(parts) != 5 or parts[0] != f"{KINDS[kind]:08x}" or len(parts[4]) != 12:
        return -1
    try:
        return int(parts[4], 16) * INVERSE % SIZE
    except ValueError:
        return -1
