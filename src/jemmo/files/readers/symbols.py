"""Characters of symbol fonts, which use their own numbers."""

from __future__ import annotations

GREEK_CAPITALS = "ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ"
GREEK_SMALL = "αβχδεφγηιϕκλμνοπθρστυϖωξψζ"
SYMBOL = {
    **dict(zip(range(0x41, 0x5B), GREEK_CAPITALS, strict=True)),
    **dict(zip(range(0x61, 0x7B), GREEK_SMALL, strict=True)),
    **{number: chr(number) for number in (*range(0x20, 0x40), 0x5B, 0x5D, 0x7B, 0x7C, 0x7D)},
    0xB7: "•",
    0x2D: "-",
    0xB0: "°",
    0xB1: "±",
    0xB4: "×",
    0xA3: "≤",
    0xB3: "≥",
    0xAE: "→",
}


def character(number: int, font: str) -> str:
    """Return a symbol font's character, which Word may also write as a private-use one; a space for an icon.

    >>> character(0xF061, "Symbol"), character(0x28, "Wingdings"), character(0x2022, "Arial")
    ('α', ' ', '•')
    """
    is_symbol = 0xF000 <= number <= 0xF0FF
    if is_symbol or font.lower().startswith(("symbol", "wingdings", "webdings")):
        return SYMBOL.get(number & 0xFF, " ") if font.lower().startswith("symbol") else " "
    return chr(number) if 0 < number < 0x110000 else " "
