"""Examples at the end of a command's help."""

from __future__ import annotations


def examples(*lines: str) -> str:
    """An epilog of examples. The backspace keeps Click from joining the lines."""
    return "\n".join(["\b", "Examples:", *(f"  {line}" for line in lines)])
