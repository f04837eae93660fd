"""Cheap, repeatable pseudo-randomness: the same seed and number always give the same bits."""

from __future__ import annotations

from array import array

MASK = 0xFFFFFFFFFFFFFFFF
GOLDEN = 0x9E3779B97F4A7C15
STIR = 0xBF58476D1CE4E5B9


def mix(salt: int, number: int) -> int:
    """Return 64 well-mixed bits; far cheaper than a `random.Random` for every record."""
    x = ((number + salt) * GOLDEN) & MASK
    x = ((x ^ (x >> 31)) * STIR) & MASK
    return x ^ (x >> 29)


def mix_all(salt: int, count: int) -> array[int]:
    """Return the bits of all numbers below `count`, eight bytes each, to look them up often."""
    return array("Q", (mix(salt, number) for number in range(count)))


def salt(seed: int, purpose: str) -> int:
    """Return a salt that differs between purposes of the same seed."""
    total = seed & MASK
    for letter in purpose:
        total = mix(total, ord(letter))
    return total
