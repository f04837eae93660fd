"""Finds phone numbers in plain text: international, national, and in common abbreviated forms. Pure.

A number with a prefix (``+``, ``00``, ``0``) may have any usual separators. A number without one counts if nearby words
call it a phone number ("mobile", "appelez-moi", "my number"). Otherwise it must be valid in one of
``numbering_plans.COUNTRIES``, be grouped as people there group it, and not appear where something else is counted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from jemmo.domain.numbering_plans import (
    MAX_DIGITS,
    is_dialed,
    is_full,
    is_international,
    is_national,
    looks_dialed,
    may_be_dialed,
)
from jemmo.domain.phone_words import (
    CALLED_AFTER,
    CALLED_BEFORE,
    CALLED_NEAR,
    COUNTED_AFTER,
    COUNTED_BEFORE,
    LINK,
    NAMED_BEFORE,
    NO_PHONE,
    OTHER_NUMBER,
    YEARS,
)
from jemmo.domain.plain_text import is_western

# Between two digits: one pair of brackets, separators and spaces, but not the start of another number.
_GAP = r"[ \t\r\n\xa0./()\[\]{}_·•*|~,:'-]{0,5}"
_SEVEN_DIGITS = re.compile(r"\d(?:[\W_]{0,5}\d){6,}")
_NO_DIGITS = bytes(set(range(256)) - set(b"0123456789"))
_OTHER_DIGITS = re.compile(r"(?![0-9])\d")
_RUN = re.compile(rf"(?:\+ ?)?[(\[]?(?:\+ ?)?[0-9](?:{_GAP}[0-9])*")
_LONG_RUN = re.compile(rf"[0-9](?:{_GAP}[0-9]){{6,}}")
_MARK = re.compile(r"\+|(?<![0-9])0")
_AROUND = 48  # characters around digits that show what they are
_BEFORE = 40  # characters before digits that may introduce a phone number
_DIGITS = re.compile(r"[0-9]+")
# Groups of digits examined in one text; each may start a number and is tried in many ways
MAX_GROUPS = 500
Candidates = Iterator[tuple[int, str]]
"""Digits that may be a number: the index of the last group of each, and its digits."""
Pools = tuple[list[tuple[int, str]], ...]
"""Candidates in the order in which they are tried."""


def may_hold_phones(text: str) -> bool:
    """Whether a text has enough digits close together for a number. Most texts don't and are skipped."""
    few = len(text.encode("utf-8", "replace").translate(None, _NO_DIGITS)) < 7
    if few and (is_western(text) or not _OTHER_DIGITS.search(text)):
        return False
    return any(_may_be_number(text, *run.span()) for run in _SEVEN_DIGITS.finditer(text))


def phones_in(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield start, end and number for each phone number in a text normalized by ``plain_text.plain``.

    A chat link to the number is part of its span. Digits beyond ``MAX_GROUPS`` are not examined and count as a number.
    """
    examined = 0
    for long in _LONG_RUN.finditer(text):
        start, end = long.span()
        if not _may_be_number(text, start, end):
            continue
        around = max(0, start - _AROUND)
        window = NO_PHONE.sub(lambda other: "x" * len(other[0]), text[around : end + _AROUND])
        for run in _RUN.finditer(window, max(0, start - around - 4), end - around):
            if sum(map(str.isdigit, run[0])) >= 7:
                groups = [group.span() for group in _DIGITS.finditer(window, *run.span())]
                examined += len(groups)
                if examined > MAX_GROUPS:
                    yield around + run.start(), around + run.end(), run[0]
                    continue
                for begin, stop in _in_run(window, groups, run.start()):
                    link = LINK.search(window, max(0, begin - _AROUND), begin)
                    opened = link.start() if link else begin
                    yield around + opened, around + stop, window[begin:stop]


def _may_be_number(text: str, start: int, end: int) -> bool:
    """Quickly rule out runs that are only years: without a mark or a phone word, a number has nine digits."""
    if _MARK.search(text, max(0, start - 3), end):
        return True
    digits = "".join(filter(str.isdigit, text[start:end]))
    if len(digits) >= 9:
        return True
    before = text[max(0, start - _BEFORE) : start].lower()
    if CALLED_BEFORE.search(before):
        return True
    return len(digits) == 8 and not YEARS.fullmatch(digits) and bool(CALLED_NEAR.search(before))


def _in_run(text: str, groups: list[tuple[int, int]], start: int) -> Iterator[tuple[int, int]]:
    """Yield the numbers in a run of digits and separators; numbers with a prefix take precedence."""
    rest: list[tuple[int, int]] = []
    first = 0
    while first < len(groups):
        last = _marked(text, groups, first, start)
        if last is None:
            rest.append(groups[first])
            first += 1
            continue
        yield from _unmarked(text, rest)
        rest = []
        yield _opening(text, groups[first][0], start), groups[last][1]
        first = last + 1
    yield from _unmarked(text, rest)


def _opening(text: str, place: int, least: int) -> int:
    """Return where the number with its first digit at ``place`` begins, including its plus and bracket."""
    while place > least and text[place - 1] in "+([ " and text[place - 1 : place + 1] != "  ":
        place -= 1
    while text[place] == " ":
        place += 1
    return place


def _marked(text: str, groups: list[tuple[int, int]], first: int, start: int) -> int | None:
    """Return the last group of a number that starts at group ``first`` with a plus, ``00``, ``011`` or ``0``."""
    begin = groups[first][0]
    opening = text[_opening(text, begin, start) : begin]
    if "+" not in opening and text[begin] != "0":
        return _spaced_out(text, groups, first)
    if "+" in opening:
        return _best(_candidates(text, groups, first), is_international, is_full)
    if NAMED_BEFORE.search(text, max(0, begin - 30), begin):
        return None
    if first and not _may_follow(text[groups[first - 1][1] : begin]):
        return None
    left = sum(stop - begin for begin, stop in groups[first : first + MAX_DIGITS])
    return _best(
        _candidates(text, groups, first),
        lambda digits: is_dialed(digits) and not 0 < left - len(digits) < 5,
        is_dialed,
        may_be_dialed,
    )


def _may_follow(gap: str) -> bool:
    """Whether a number may start after digits and this gap, rather than continue a longer number."""
    return len(gap) > 1 or gap in {" ", "\n", ",", "|", "/", ")", ":"}


def _best(pools: Pools, *tests: Callable[[str], bool]) -> int | None:
    """Return the longest candidate that passes the first test, otherwise the next test."""
    for pool in pools:
        for passes in tests:
            for last, digits in pool:
                if passes(digits):
                    return last
    return None


def _candidates(text: str, groups: list[tuple[int, int]], first: int) -> Pools:
    """Return candidates, longest first; those that would leave a few attached digits over come last."""
    longest_first = list(_extended(text, groups, first))[::-1]
    whole = [
        (last, digits)
        for last, digits in longest_first
        if not _goes_on(text, groups[last : last + 3])
    ]
    return whole, longest_first


def _goes_on(text: str, groups: list[tuple[int, int]]) -> bool:
    """Whether another short group, such as an extension, belongs to the number rather than to the next one."""
    if len(groups) < 2:
        return False
    (_, end), (begin, stop), *others = groups
    last = not others or text[stop : others[0][0]].strip(" ") in {",", ":", "\n"}
    return text[end:begin] in {"-", ".", "/"} and stop - begin < 5 and last


def _spaced_out(text: str, groups: list[tuple[int, int]], first: int) -> int | None:
    """Return the last group of a number written one digit at a time (9 to 12 digits)."""
    last = first
    gap = text[groups[first][1] : groups[first][1] + 2]
    while last < min(len(groups), first + 13) and groups[last][1] - groups[last][0] == 1:
        last += 1
        if last < len(groups) and text[groups[last - 1][1] : groups[last][0]] not in gap:
            break
    if last - first not in {9, 10, 11, 12}:
        return None
    digits = "".join(text[begin] for begin, _ in groups[first:last])
    counting = digits.startswith(("123456789", "012345678"))
    return last - 1 if not counting and is_national(digits) else None


def _extended(text: str, groups: list[tuple[int, int]], first: int) -> Candidates:
    """Yield the digits from group ``first`` on, extended by one group at a time while they belong together."""
    begin, end = groups[first]
    digits, gaps = text[begin:end], list[str]()
    if len(digits) >= 8:
        yield first, digits
    for last in range(first + 1, len(groups)):
        gap = text[end : groups[last][0]]
        begins = gap not in {" ", *gaps} and text[groups[last][0]] == "0"
        if len(digits) >= 9 and begins and not _goes_on(text, groups[last - 1 : last + 2]):
            return
        gaps.append(gap)
        digits += text[slice(*groups[last])]
        end = groups[last][1]
        if len(digits) > MAX_DIGITS + 3 or _is_pause(gaps, digits):
            return
        if len(digits) >= 8:
            yield last, digits


def _is_pause(gaps: list[str], digits: str) -> bool:
    """Whether colons or commas separate only some groups, which suggests times or a list."""
    return len(set(gaps)) > 1 and any(sign in gap for gap in gaps for sign in ":,")


def _unmarked(text: str, groups: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield numbers without a prefix; each must fill the space between two pauses."""
    for part in _parts(text, groups):
        start, end = part[0][0], part[-1][1]
        digits = "".join(text[slice(*group)] for group in part)
        sizes = tuple(stop - begin for begin, stop in part)
        before = text[max(0, start - _BEFORE) : start].lower()
        after = text[end : end + _BEFORE].lower()
        if (
            (7 <= len(digits) <= MAX_DIGITS and CALLED_BEFORE.search(before))
            or (looks_dialed(digits, sizes) and not _counted(before, after))
            or _is_called(digits, sizes, before, after)
        ):
            yield _opening(text, start, max(0, start - 1)), end


def _is_called(digits: str, sizes: tuple[int, ...], before: str, after: str) -> bool:
    """Whether nearby words call it a phone number; then it needn't be valid anywhere."""
    if not (8 <= len(digits) <= 13 and len(set(digits)) > 2) or _is_amount(digits, sizes):
        return False
    if _ATTACHED.search(before[-2:]) or re.match(r"\w|[.,:/-][0-9]", after):
        return False
    called = CALLED_NEAR.search(before) or CALLED_AFTER.match(after)
    return bool(called) and not (OTHER_NUMBER.search(before) or COUNTED_AFTER.match(after))


def _is_amount(digits: str, sizes: tuple[int, ...]) -> bool:
    """Whether the digits are an amount grouped by thousands, or years."""
    years = set(sizes) == {4} and YEARS.fullmatch(digits) is not None
    return years or (sizes[0] < 3 and set(sizes[1:]) == {3})


_ATTACHED = re.compile(r"[\w+#@]\Z|[0-9][.,/:-]\Z")
_TOGETHER = re.compile(r"[)\]]?(?: {1,4}|[ ]?[-./·_][ ]?|[\t\r\n,|*•~])?[(\[]?")


def _parts(text: str, groups: list[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
    part: list[tuple[int, int]] = []
    for group in groups:
        whole = group[1] - group[0] >= 9
        if part and (whole or not _TOGETHER.fullmatch(text, part[-1][1], group[0])):
            yield part
            part = []
        part.append(group)
        if whole:
            yield part
            part = []
    if part:
        yield part


def _counted(before: str, after: str) -> bool:
    """Whether the context shows that the digits count or identify something else, or continue."""
    if _ATTACHED.search(before[-2:]) or re.match(r"\w|[.:/-][0-9A-Za-z]|,[0-9]", after):
        return True
    return bool(COUNTED_BEFORE.search(before) or COUNTED_AFTER.match(after))
