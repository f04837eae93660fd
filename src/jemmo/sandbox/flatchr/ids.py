"""The two ids of every object: a number, and 16 letters and digits that encode it."""

from jemmo.sandbox.mixing import mix

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
TAIL = 6
SPACE = 62**TAIL
STEP = 27_644_437  # shares no factor with 62, so the tails of all numbers differ
BACK = pow(STEP, -1, SPACE)
KINDS = ("company", "vacancy", "applicant", "candidate", "column", "user", "diffusion")


def encode(kind: str, number: int) -> str:
    """Return the 16 characters for this number."""
    head = mix(KINDS.index(kind), number)
    return _digits(head, 16 - TAIL) + _digits(number * STEP % SPACE, TAIL)


def number(kind: str, code: str) -> int:
    """Return the number that these 16 characters encode, or -1."""
    if len(code) != 16 or any(letter not in LETTERS for letter in code):
        return -1
    value = 0
    for letter in code[-TAIL:]:
        value = value * 62 + LETTERS.index(letter)
    decoded = value * BACK % SPACE
    return decoded if encode(kind, decoded) == code else -1


def _digits(value: int, count: int) -> str:
    digits = ""
    for _ in range(count):
        value, rest = divmod(value, 62)
        digits = LETTERS[rest] + digits
    return digits
