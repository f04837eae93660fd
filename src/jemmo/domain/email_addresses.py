"""Finds e-mail addresses in plain text, even with spaces, brackets or spelled-out signs ("at", "dot"). Pure.

Each sign is checked once, and the text around it is never read twice, so the time is linear in the text's length.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_AT_WORDS = (
    "arobase|arobas|arrobas?|chiocciol(?:in)?a|apenstaartje|apestaartje|ät|klammeraffe|snabel-?a"
)
_DOT_WORDS = "dot|point|punktum|punkt|punto|punt|ponto|prick"
_DASHES = {
    **dict.fromkeys(("dash", "hyphen", "minus", "tiret", "bindestrich", "guion", "guión"), "-"),
    **dict.fromkeys(("trattino", "bindestreck"), "-"),
    **dict.fromkeys(("underscore", "tiret bas", "unterstrich", "guion bajo", "guión bajo"), "_"),
    **dict.fromkeys(("trattino basso", "understreck"), "_"),
}
_SIGN_WORDS = rf"{_DOT_WORDS}|{'|'.join(sorted(_DASHES, key=len, reverse=True))}"
_AT = re.compile(
    r"[ \t\r\n]{0,4}(?P<brackets>[(\[{<] ?(?:@|at|a|" + _AT_WORDS + r") ?[)\]}>])[ \t]{0,4}"
    r"|[ \t\r\n]{1,4}(?P<word>(?:" + _AT_WORDS + r")|(?P<at>at))[ \t]{1,4}"
    r"|(?P<line>_at_)|[ \t\r\n]{0,4}(?P<sign>@+)[ \t\r\n]{0,4}",
    re.IGNORECASE,
)
_SIGN = re.compile(
    r" ?[(\[{<] ?(?:\.|" + _SIGN_WORDS + r") ?[)\]}>] ?| (?:\.|" + _SIGN_WORDS + r") ",
    re.IGNORECASE,
)
_OUTSIDE = frozenset(' \t\r\n\f\v\x00\x1c\x1d\x1e\x1f\x85\u2028\u2029@<>()[],;:"…|*`«»“”')
_DOMAIN = re.compile(r"[\w%.~-]{1,255}")
_WORDS = re.compile(r"[^\W_][\w-]{0,62}(?:\.[^\W_][\w-]{0,62}){0,4}")
_LITERAL = re.compile(r"\[(?:IPv6:[0-9a-f:.]{2,45}|[0-9.]{7,15})\]", re.IGNORECASE)
_NOTE = re.compile(r"\([^()\n]{0,64}\)")
_VERSION = re.compile(r"v?[0-9]+(?:\.[0-9]+){0,2}(?:-[\w.]+)?")
_DOTTED = re.compile(r"[\w-]+(?:\.[\w-]+)*\.[^\W\d_][\w-]*[^\W_]", re.IGNORECASE)
_LOCAL = re.compile(r"[\w.+-]{1,64}")
_TOP = re.compile(
    "com|org|net|info|biz|eu|io|co|me|app|dev|ai|edu|gov|int|fr|de|es|it|nl|be|ch|at|lu|uk|ie|us|ca|pt|se|dk|no|fi"
    "|pl|cz|example|test",
    re.IGNORECASE,
)
# An address broken across lines: after a full stop in its local part, or at one in its domain.
_BROKEN_NAME = re.compile(r"[:<(][ \t]?(?P<name>[a-z0-9][a-z0-9_+.-]{0,62})\.\r?\n")
_BROKEN_DOMAIN = re.compile(rf"(?:\.\r?\n|\r?\n\.)(?=(?:{_TOP.pattern})\b)")
_LOCAL_END = re.compile(r"[a-z0-9][\w.+-]*\Z", re.IGNORECASE)
_HOST = re.compile(r"(?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,24}", re.IGNORECASE)
MAX_SIGNS = 500  # signs examined in one text; everything from the next one on counts as an address
_MAX_NAME_LENGTH = 64  # characters of a local part written with spaces around the sign
_SIGNS = ("@", "_at_", "arob", "arrob", "chioc", "apenst", "apest", " ät ", "snabel", "klammeraff")
_BRACKETS = re.compile(r"[(\[{<] ?(?:at?|ät) ?[)\]}>]")
_SPELLED = re.compile(r" at [\w-]{1,60}(?:\.\w| ?[(\[{]? ?(?:" + _DOT_WORDS + r")\b)")


def may_hold_addresses(text: str) -> bool:
    """Whether a text contains anything that can stand for an @ sign."""
    lowered = text.lower()
    for sign in _SIGNS:  # faster than any(), and most texts have no match
        if sign in lowered:
            return True
    if ("(" in text or "[" in text or "{" in text or "<" in text) and _BRACKETS.search(lowered):
        return True
    return " at " in lowered and bool(_SPELLED.search(lowered))


def addresses_in(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield start, end and normalized address for each address in a text normalized by ``plain_text.plain``."""
    read = 0
    for place, at in enumerate(_AT.finditer(text)):
        if place == MAX_SIGNS:
            yield read, len(text), text[read:]
            return
        local = _local(text, at.start(), read)
        domain = _domain(text, at.end())
        read = max(read, at.end())
        if local is not None and domain is not None and _is_address(at, local[1], domain[1]):
            read = domain[0]
            yield local[0], read, f"{local[1]}@{domain[1]}"


def written_addresses(text: str) -> Iterator[str]:
    """Yield addresses in their usual spelling, for texts that are too long to search closely."""
    place, read = text.find("@"), 0
    for _ in range(MAX_SIGNS):
        if place < 0:
            return
        name = _LOCAL_END.search(text, max(read, place - _MAX_NAME_LENGTH), place)
        domain = _HOST.match(text, place + 1)
        if name is not None and domain is not None:
            yield f"{name[0]}@{domain[0]}"
        read = place + 1
        place = text.find("@", read)


def _is_address(at: re.Match[str], local: str, name: str) -> bool:
    if at["sign"] and at[0] == at["sign"]:
        return not _VERSION.fullmatch(name) and ("." in name or _is_host(local, name))
    if len(local) > _MAX_NAME_LENGTH:
        return False
    dotted = bool(_DOTTED.fullmatch(name))
    known = dotted and bool(_TOP.fullmatch(name.rpartition(".")[2]))
    if at["at"]:  # "jane at example dot com" is an address, "worked at example.com" is not
        spelled = not at.string.startswith(name, at.end())
        return dotted and (_looks_like_local_part(local) or (spelled and known))
    if at["sign"]:  # "meet @ noon.Then" is not an address
        return known or (name[:1].isalpha() and _looks_like_local_part(local))
    return dotted


def _is_host(local: str, name: str) -> bool:
    """Whether a name without a full stop is the host of an address, which it isn't in "Work@Home"."""
    plain_words = name.isalpha() and local.isalpha() and (local + name).islower()
    return plain_words or name.startswith("[") or _looks_like_local_part(local)


def _looks_like_local_part(local: str) -> bool:
    """Whether this looks like a local part rather than a word or an amount."""
    letters = any(map(str.isalpha, local))
    return letters and not local.isalpha() and bool(_LOCAL.fullmatch(local))


def _local(text: str, end: int, earliest: int) -> tuple[int, str] | None:
    """Return where the local part begins, and its normalized form."""
    if end > earliest and text[end - 1] == ")":
        opened = text.rfind("(", max(earliest, end - 66), end)
        end = opened if opened > earliest else end
    if end and text[end - 1] == '"':
        return _quoted(text, end)
    start = _back(text, end, earliest)
    if end - start == 1 and (apart := _letters_before(text, start, earliest)) is not None:
        return apart
    parts = [text[start:end]]
    while (sign := _sign_before(text, start, earliest)) is not None:
        parts.append(_sign_for(text[sign:start]))
        start = _back(text, sign, earliest)
        parts.append(text[start:sign])
    if (
        text[start - 1 : start] == "\n"
        and (name := _broken_name(text, start, earliest)) is not None
    ):
        start = name[0]
        parts += [".", name[1]]
    local = "".join(reversed(parts))
    trimmed = local.lstrip(".'/=-!*~")
    start += len(local) - len(trimmed) if len(parts) == 1 else 0
    return (start, trimmed) if trimmed else None


def _back(text: str, end: int, earliest: int) -> int:
    start = end
    while start > earliest and _is_inside(text, start - 1):
        start -= 1
    return start


def _is_inside(text: str, place: int) -> bool:
    """Whether a character belongs to a local part. An apostrophe does if it is between letters."""
    character = text[place]
    if character == "'":
        return 0 < place < len(text) - 1 and text[place - 1].isalpha() and text[place + 1].isalpha()
    return character not in _OUTSIDE and not character.isspace()


def _sign_for(sign: str) -> str:
    """Return the sign that a word stands for."""
    return _DASHES.get(sign.strip(" ()[]{}<>").lower(), ".")


def _sign_before(text: str, start: int, earliest: int) -> int | None:
    """Return the end of the previous word if a word for a sign separates the two."""
    for begin in range(max(earliest + 1, start - 18), start - 2):
        if _SIGN.fullmatch(text, begin, start) and text[begin - 1].isalnum():
            return begin
    return None


def _broken_name(text: str, start: int, earliest: int) -> tuple[int, str] | None:
    """Return a name that ends the previous line with a full stop and follows a colon or a bracket."""
    begin = max(earliest, start - 70)
    for broken in _BROKEN_NAME.finditer(text, begin, start):
        if broken.end() == start:
            return broken.start("name"), broken["name"]
    return None


def _quoted(text: str, end: int) -> tuple[int, str] | None:
    """Return a quoted local part; it may contain a sign that was already examined."""
    earliest = max(0, end - 66)
    opened = text.rfind('"', earliest, end - 1)
    while opened > earliest and text[opened - 1] == "\\":
        opened = text.rfind('"', earliest, opened)
    return (opened, text[opened:end]) if opened >= 0 else None


def _letters_before(text: str, start: int, earliest: int) -> tuple[int, str] | None:
    """Return a name with a space after each letter, at least three letters long."""
    begin = start
    while (
        begin - 2 >= earliest
        and text[begin - 1] == " "
        and not text[begin - 2].isspace()
        and (begin - 3 < earliest or text[begin - 3].isspace())
    ):
        begin -= 2
    letters = text[begin : start + 1].replace(" ", "")
    return (begin, letters) if len(letters) >= 3 else None


def _domain(text: str, start: int) -> tuple[int, str] | None:
    """Return where the domain ends, and its normalized form."""
    if (literal := _LITERAL.match(text, start)) is not None:
        return literal.end(), literal[0]
    if (note := _NOTE.match(text, start)) is not None:
        start = note.end()
    if (apart := _letters_after(text, start)) is not None:
        return apart
    match = _DOMAIN.match(text, start)
    if match is None:
        return None
    name = match[0].rstrip(".-%~_")
    end = start + len(name)
    if not name:
        return None
    while "." not in name or end == match.end():
        sign = _SIGN.match(text, end)
        if sign is None and "." not in name:
            sign = _BROKEN_DOMAIN.match(text, end)
        word = _WORDS.match(text, sign.end()) if sign else None
        if sign is None or word is None:
            break
        name, end = f"{name}{_sign_for(sign[0])}{word[0]}", word.end()
        match = word
    return end, name


def _letters_after(text: str, start: int) -> tuple[int, str] | None:
    end = start
    while end + 1 < len(text) and text[end + 1] == " " and text[end] not in _OUTSIDE:
        end += 2
    last = end < len(text) and text[end] not in _OUTSIDE and not text[end + 1 : end + 2].isalnum()
    letters = text[start : end + 1 if last else end].replace(" ", "")
    return (end + 1 if last else end, letters) if len(letters) >= 4 and "." in letters else None
