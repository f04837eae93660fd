"""Windows and Macintosh code pages as Python codecs, and the character sets of fonts."""

from __future__ import annotations

import codecs

DEFAULT = "cp1252"
NAMES = {
    10000: "mac-roman",
    10001: "shift_jis",
    10002: "big5",
    10003: "euc_kr",
    10004: "mac-arabic",
    10005: "cp1255",
    10006: "mac-greek",
    10007: "mac-cyrillic",
    10008: "gb2312",
    10029: "mac-latin2",
    10079: "mac-iceland",
    10081: "mac-turkish",
    10082: "mac-croatian",
    936: "gb18030",
    1361: "johab",
    20866: "koi8-r",
    21866: "koi8-u",
    20127: "ascii",
    51932: "euc_jp",
    51949: "euc_kr",
    54936: "gb18030",
    65001: "utf-8",
    28591: "cp1252",
    **{28590 + part: f"iso8859-{part}" for part in (2, 3, 4, 5, 6, 7, 8, 9, 13, 15)},
}
CHARSETS = {
    0: 1252,
    77: 10000,
    78: 10001,
    79: 10003,
    80: 10008,
    81: 10002,
    83: 10005,
    84: 10004,
    85: 10006,
    86: 10081,
    87: 874,
    88: 10029,
    89: 10007,
    128: 932,
    129: 949,
    130: 1361,
    134: 936,
    136: 950,
    161: 1253,
    162: 1254,
    163: 1258,
    177: 1255,
    178: 1256,
    186: 1257,
    204: 1251,
    222: 874,
    238: 1250,
    254: 437,
    255: 850,
}
"""Code pages by a font's character set; 1 is the document's own, 2 is for symbols."""


def codec(code_page: int) -> str:
    """Return Python's name of a code page; Western Windows if unknown.

    >>> codec(1250), codec(10007), codec(0)
    ('cp1250', 'mac-cyrillic', 'cp1252')
    """
    name = NAMES.get(code_page, f"cp{code_page}")
    try:
        return codecs.lookup(name).name
    except LookupError:
        return DEFAULT
