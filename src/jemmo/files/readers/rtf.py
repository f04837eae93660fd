"""RTF: groups, control words, and letters in the code page of their font.

One pass in linear time. Skips invisible content: font and style tables, pictures, field codes, comments, deleted and
hidden text, copies for older programs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TypeVar

from jemmo.files.readers import codepages, symbols

TOKEN = re.compile(
    rb"\\(?:([A-Za-z]{1,32})(-?\d{1,10})? ?|'([0-9A-Fa-f]{2})|([^A-Za-z]))|([{}])|[\r\n]+|([^\\{}\r\n]+)",
)
NEVER_SHOWN = {
    *("colortbl", "stylesheet", "info", "pict", "objdata", "nonshppict", "shprslt", "private"),
    *("datastore", "themedata", "colorschememapping", "listtable", "listoverridetable", "filetbl"),
    *(
        "generator",
        "xmlnstbl",
        "latentstyles",
        "rsidtbl",
        "revtbl",
        "template",
        "fldinst",
        "fontemb",
    ),
    *("annotation", "atnid", "atnauthor", "atndate", "atnref", "xe", "tc", "tcn", "rxe", "txe"),
    *("ftnsep", "ftnsepc", "ftncn", "aftnsep", "aftnsepc", "aftncn", "bkmkstart", "bkmkend", "sn"),
    *("sv", "docvar", "userprops", "pgdsctbl", "keycode", "falt", "panose", "fname", "datafield"),
}
"""Destinations whose text doesn't belong to the document."""
STARRED_BUT_VISIBLE = {"shpinst", "do", "ud", "shptxt", "dptxbxtext", "footnote"}
"""Destinations with text that old readers are told to ignore."""
APART = {
    *("header", "headerl", "headerr", "headerf", "footer", "footerl", "footerr", "footerf"),
    *("footnote", "shptxt", "dptxbxtext"),
}
"""Destinations with separate text."""
TEXTS = {
    **dict.fromkeys(("par", "line", "row", "nestrow", "page", "sect", "column"), "\n"),
    **dict.fromkeys(("softline", "softpage", "lbr"), "\n"),
    **dict.fromkeys(("tab", "cell", "nestcell"), "\t"),
    **dict.fromkeys(("emspace", "enspace", "qmspace"), " "),
    "emdash": "—",
    "endash": "–",
    "bullet": "•",
    "lquote": "‘",
    "rquote": "’",
    "ldblquote": "“",
    "rdblquote": "”",
}
SIGNS = {b"~": "\u00a0", b"_": "-", b"\r": "\n", b"\n": "\n", b"\t": "\t"}
FAMILIES = {"ansi": 1252, "mac": 10000, "pc": 437, "pca": 850}
HIDING = {"v", "deleted", "mvf", "htmlrtf"}
SYMBOLS = 2  # the character set of symbol fonts
Letters = TypeVar("Letters", str, bytes)
MAX_NAME = 80  # relevant characters of a font's name
MAX_FALLBACK = 16  # characters that replace a Unicode character in old readers


class _Group:
    """The state of a group: whether it is visible, and its encoding."""

    __slots__ = ("destination", "fallback", "font", "hidden", "silent")

    def __init__(self) -> None:
        self.silent = False
        self.destination = ""  # only ``fonttbl``, ``upr`` and those with separate text matter
        self.font: int | None = None
        self.fallback = 1
        self.hidden: frozenset[str] = frozenset()

    def inner(self) -> _Group:
        group = _Group()
        group.silent = self.silent or self.destination == "upr"
        group.destination = "fonttbl" if self.destination == "fonttbl" else ""
        group.font, group.fallback, group.hidden = self.font, self.fallback, self.hidden
        return group


class _Font:
    def __init__(self) -> None:
        self.charset = 1
        self.code_page = 0
        self.name = ""


def read(content: bytes) -> Iterator[str]:
    return _Reader(content).read()


class _Reader:
    def __init__(self, content: bytes) -> None:
        self._content = content
        self._outer: list[_Group] = []
        self._group = _Group()
        self._fonts: dict[int, _Font] = {}
        self._default_font: int | None = None
        self._code_page = 1252
        self._raw = bytearray()  # bytes to decode together, since a letter may take two
        self._pieces: list[str] = []
        # Characters to skip, because they replace a Unicode character already read
        self._to_skip = 0
        self._starred = False
        self._is_utf8 = _is_utf8(content)
        self._has_charsets = False  # whether any font has a character set that is not Western
        self._codecs: dict[int, str] = {}

    def read(self) -> Iterator[str]:
        at, size, content = 0, len(self._content), self._content
        while at < size:
            token = TOKEN.match(content, at)
            if token is None:  # a backslash at the very end
                break
            at = token.end()
            word, number, hexed, sign, brace, plain = token.groups()
            if plain is not None:
                self._bytes(plain, is_plain=True)
            elif hexed is not None:
                self._bytes(bytes((int(hexed, 16),)))
            elif word is not None:
                at = self._word(word.decode().lower(), int(number) if number else None, at)
            elif brace is not None:
                self._brace(brace)
            elif sign is not None:
                self._sign(sign)
            if len(self._pieces) > 1000:
                yield from self._taken()
        self._flush()
        yield from self._taken()

    def _taken(self) -> list[str]:
        pieces, self._pieces = self._pieces, []
        return pieces

    @property
    def _is_shown(self) -> bool:
        group = self._group
        return not (group.silent or group.hidden or group.destination == "fonttbl")

    def _brace(self, brace: bytes) -> None:
        self._flush()
        self._starred, self._to_skip = False, 0
        if brace == b"{":
            self._outer.append(self._group)
            self._group = self._group.inner()
        elif self._outer:
            if self._group.destination in APART:
                self._write("\n")
            self._group = self._outer.pop()

    def _sign(self, sign: bytes) -> None:
        if sign == b"*":
            self._starred = True
        elif sign in {b"\\", b"{", b"}"}:
            self._bytes(sign)
        elif sign in SIGNS:
            self._flush()
            if self._to_skip:
                self._to_skip -= 1
            else:
                self._write(SIGNS[sign])

    def _bytes(self, raw: bytes, *, is_plain: bool = False) -> None:
        self._starred = False
        if self._group.destination == "fonttbl":
            if self._group.font is not None and not self._group.silent:
                font = self._fonts[self._group.font]
                font.name = (font.name + raw[:MAX_NAME].decode("ascii", "ignore"))[:MAX_NAME]
        elif is_plain and self._is_utf8 and not raw.isascii():
            self._flush()
            self._write(self._unskipped(raw.decode("utf-8", "replace")))
        elif self._is_shown:
            self._raw += self._unskipped(raw)

    def _unskipped(self, letters: Letters) -> Letters:
        count = min(self._to_skip, len(letters))
        self._to_skip -= count
        return letters[count:]

    def _write(self, text: str) -> None:
        if self._is_shown:
            self._pieces.append(text)

    def _flush(self) -> None:
        if self._raw:
            raw, self._raw = bytes(self._raw), bytearray()
            self._pieces.append(self._decoded(raw))

    def _decoded(self, raw: bytes) -> str:
        number = self._default_font if self._group.font is None else self._group.font
        font = self._fonts.get(number if number is not None else -1)
        if font is not None and font.charset == SYMBOLS:
            return "".join(symbols.character(0xF000 + byte, font.name) for byte in raw)
        code_page = self._code_page_of(font)
        if code_page not in self._codecs:
            self._codecs[code_page] = codepages.codec(code_page)
        return raw.decode(self._codecs[code_page], "replace")

    def _code_page_of(self, font: _Font | None) -> int:
        """Ignore a Western font's code page if the document uses another one and all its fonts are Western."""
        if font is None:
            return self._code_page
        if font.code_page:
            return font.code_page
        tells = font.charset or self._has_charsets
        return codepages.CHARSETS.get(font.charset, self._code_page) if tells else self._code_page

    def _word(self, word: str, number: int | None, at: int) -> int:
        """Apply a control word that ends at ``at``; returns where to continue."""
        if word == "bin":
            self._to_skip = 0
            return at + max(0, number or 0)
        starred, self._starred = self._starred, False
        if word == "u" and number is not None:
            self._flush()
            self._write(self._character(number))
            self._to_skip = self._group.fallback
            return at
        if self._group.destination == "fonttbl":
            self._font_word(word, number, starred=starred)
            return at
        self._flush()
        self._to_skip = 0
        text = TEXTS.get(word)
        if text is not None:
            self._write(text)
        elif word in NEVER_SHOWN or (starred and word not in STARRED_BUT_VISIBLE):
            self._group.silent = True
        elif word == "ud":
            self._group.silent = any(group.silent for group in self._outer[-1:])
        elif word in APART:
            self._group.destination = word
            self._write("\n")
        elif word in {"fonttbl", "upr"}:
            self._group.destination = word
        else:
            self._format(word, number)
        return at

    def _character(self, number: int) -> str:
        number %= 0x10000
        if 0xF000 <= number <= 0xF0FF:
            font = self._fonts.get(self._group.font if self._group.font is not None else -1)
            return symbols.character(number, font.name if font else "")
        return chr(number)

    def _font_word(self, word: str, number: int | None, *, starred: bool) -> None:
        if starred or word in NEVER_SHOWN:
            self._group.silent = True
        elif word == "f" and number is not None:
            self._group.font = number
            self._fonts.setdefault(number, _Font())
        elif self._group.font is not None:
            font = self._fonts[self._group.font]
            if word == "fcharset" and number is not None:
                font.charset = number
                self._has_charsets = self._has_charsets or number > SYMBOLS
            elif word == "cpg" and number:
                font.code_page = number

    def _format(self, word: str, number: int | None) -> None:
        group = self._group
        if word == "f":
            group.font = number
        elif word == "plain":
            group.font, group.hidden = None, frozenset()
        elif word == "uc":
            group.fallback = min(max(0, 1 if number is None else number), MAX_FALLBACK)
        elif word in HIDING:
            off = number == 0
            group.hidden = group.hidden - {word} if off else group.hidden | {word}
        elif word == "deff":
            self._default_font = number
        elif word == "ansicpg" and number:
            self._code_page = number
        elif word in FAMILIES:
            self._code_page = FAMILIES[word]


def _is_utf8(content: bytes) -> bool:
    """Whether non-ASCII letters are written as plain UTF-8, as some programs do."""
    if content.isascii():
        return False
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
