"""Finds active content in PDF and RTF files, in any spelling. Pure, in linear time.

A PDF can write letters of a name as numbers (``/#4caunch``), put objects into compressed streams, and refer to values
indirectly. An RTF can split a control word by anything that readers skip. Both are normalized before matching.

Strings are not distinguished from names, since readers differ in where a damaged string ends. Instead a name counts
only where an action or an annotation uses it. Prose hardly ever does that, so a resume may mention HTML/JavaScript.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

from jemmo.files.targets import includes_share, is_remote

MAX_UNPACKED = 150 * 1024 * 1024  # bytes of all object streams together
MAX_RATIO = 100  # of unpacked to packed size, for streams above ``WORTH``
WORTH = 1024 * 1024
MAX_STREAMS = 5000  # object streams; each may hold hundreds of objects
CHUNK = 64 * 1024
MAX_INDEX = (
    1024 * 1024
)  # bytes of the numbers at the start of an object stream, which locate its objects


class TooMuch(Exception):
    """Unpacking the file would take far more space than its size suggests."""


class Unreadable(Exception):
    """One of the object streams is unreadable."""


def _names(*names: str) -> str:
    """Return a pattern for names in which any letter may be written as a number."""
    spelled = (
        "".join(f"(?:{letter}|#{ord(letter):02x}|#{ord(letter):02X})" for letter in name)
        for name in names
    )
    return f"(?:{'|'.join(spelled)})"


ENDS = r"(?=[\x00\t\n\f\r ()<>\[\]{}/%]|\Z)"
ACTIONS = ("Launch", "JavaScript", "Rendition", "RichMedia", "RichMediaExecute")
ACTIVE = re.compile(f"/{_names(*ACTIONS)}{ENDS}".encode())
BEFORE_VALUE = re.compile(
    rf"(?:\A|[\x00\t\n\f\r <>\[\])]|obj|/{_names('S', 'Subtype')})\Z".encode()
)
"""The token before a dictionary's value, or before a referenced object."""
FORMS = re.compile(f"/{_names('XFA')}{ENDS}".encode())
BACKSLASH = r"(?:\\\\|\\134)"
"""A backslash as escaped in a PDF string."""
SHARE = re.compile(
    rf"/{_names('F', 'UF')}[\x00\t\n\f\r ]*"
    rf"(?:\((?:\xfe\xff)?(?:\x00?{BACKSLASH}\x00?{BACKSLASH}|\x00?/\x00?/)|<(?:FEFF)?(?:00)?5C(?:00)?5C)".encode(
        "latin-1"
    ),
    re.IGNORECASE,
)
"""A file on another machine: a program that opens it automatically reveals the Windows user to that machine."""
ENCRYPTED = re.compile(f"/{_names('Encrypt')}{ENDS}".encode())
STREAM = re.compile(rb"(?<!end)stream")
SPACES = b"\x00\t\n\f\r "
LINE_END = re.compile(rb"\r\n|\n|\r")
PACKED = re.compile(
    rf"/{_names('First')}\s*(\d{{1,10}})(?!\d|\s+\d+\s+R)|/{_names('ObjStm')}{ENDS}".encode()
)
"""Marks a stream of objects; an outline's ``/First`` refers to another object instead."""
OBJECT_STREAM = re.compile(f"/{_names('ObjStm')}{ENDS}".encode())
NOT_IN_ITS_DICTIONARY = re.compile(rb"[(%]|obj")
"""Strings or comments, where a false stream could hide; no program writes them between ``/ObjStm`` and its stream."""
FLATE = re.compile(f"/{_names('FlateDecode', 'Fl')}{ENDS}".encode())
OTHER_FILTERS = re.compile(
    f"/{_names('LZWDecode', 'LZW', 'RunLengthDecode', 'RL', 'Crypt', 'Predictor', 'BrotliDecode')}{ENDS}"
    f"|/{_names('ASCII')}[#0-9A-Za-z]*|/{_names('AHx')}|/{_names('A')}(?:85|#38#35|8#35|#385){ENDS}".encode()
)
"""Filters that programs never use for object streams, so they would only serve to hide something."""


def is_encrypted(pdf: bytes) -> bool:
    return ENCRYPTED.search(pdf) is not None


def is_active(pdf: bytes, objects: frozenset[int] = frozenset()) -> bool:
    """Whether it contains a program, something that starts one, or a reference to another machine's file.

    ``objects`` are the offsets of objects.
    """
    return any(pattern.search(pdf) for pattern in (FORMS, SHARE)) or any(
        name.start() in objects
        or BEFORE_VALUE.search(pdf[max(0, name.start() - 24) : name.start()])
        for name in ACTIVE.finditer(pdf)
    )


def is_active_inside(pdf: bytes) -> bool:
    """Check the contents of object streams as ``is_active`` does. Raises ``TooMuch`` and ``Unreadable``."""
    return any(is_active(data, _objects(data, first)) for data, first in _object_streams(pdf))


def _object_streams(pdf: bytes) -> Iterator[tuple[bytes, int]]:
    """Yield each unpacked stream, with the offset of its first object."""
    count = read = written = end = 0
    for start, after, begin in _streams(pdf):
        before, end = pdf[end:start], after
        packed = PACKED.search(before)
        if packed is None:
            continue
        if not _is_plain(before, pdf[after:begin]):
            raise Unreadable
        data, used, made = _unpacked(memoryview(pdf)[begin:], _rounds(before))
        count, read, written = count + 1, read + used, written + made
        if count > MAX_STREAMS or read > len(pdf) or written > MAX_UNPACKED:
            raise TooMuch  # for example, streams that share their bytes
        first = int(packed[1] or 0)
        if first > MAX_INDEX:
            raise TooMuch
        yield data, first
    if OBJECT_STREAM.search(pdf, end):
        raise Unreadable


def _is_plain(before: bytes, after: bytes) -> bool:
    """Whether a stream marked ``/ObjStm`` is visible to every reader: it must directly follow its dictionary."""
    mark = OBJECT_STREAM.search(before)
    if mark is None:
        return True
    rest = before[mark.end() :].rstrip(SPACES)
    return (
        NOT_IN_ITS_DICTIONARY.search(rest) is None
        and rest.endswith(b">>")
        and rest.count(b">>") - rest.count(b"<<") == 1
        and not after.strip(SPACES)
    )


def _streams(pdf: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield the bounds of each word ``stream``, and the offset of its data: on the next line, as PDFium reads it."""
    line_end = data = -1
    for word in STREAM.finditer(pdf):
        if line_end < word.end():
            match = LINE_END.search(pdf, word.end())
            line_end, data = match.span() if match else (len(pdf), len(pdf))
        yield word.start(), word.end(), data


def _rounds(before: bytes) -> int:
    """Return how often the following stream is deflated, according to the dictionary at the end of ``before``."""
    dictionary = before[before.rfind(b"endstream") + 1 :]
    rounds = len(FLATE.findall(dictionary))
    if OTHER_FILTERS.search(dictionary) or not 0 < rounds < 4:
        raise Unreadable
    return rounds


def _unpacked(packed: memoryview, rounds: int) -> tuple[bytes, int, int]:
    """Return the unpacked data, its packed size, and the number of bytes produced in between."""
    data, used = _inflated(packed)
    made = len(data)
    for _ in range(rounds - 1):
        data, _ = _inflated(memoryview(data))
        made += len(data)
    return data, used, made


def _inflated(packed: memoryview) -> tuple[bytes, int]:
    """Return the unpacked data and its packed size; reads hardly beyond its end."""
    worker, made, at, size = zlib.decompressobj(), bytearray(), 0, 1024
    while not worker.eof:
        chunk = worker.unconsumed_tail or packed[at : at + size]
        try:
            made += worker.decompress(chunk, CHUNK) if chunk else worker.flush()
        except zlib.error:
            raise Unreadable from None
        if not chunk and not worker.eof:
            raise Unreadable
        if not isinstance(chunk, bytes):
            at, size = at + len(chunk), min(2 * size, CHUNK)
        if len(made) > MAX_UNPACKED or (len(made) > WORTH and len(made) > MAX_RATIO * at):
            raise TooMuch
    return bytes(made), at - len(worker.unused_data)


def _objects(data: bytes, first: int) -> frozenset[int]:
    """Return the offsets of a stream's objects, from the pairs of numbers at its start."""
    numbers = data[:first].split()[1::2]
    return frozenset(
        first + int(number) for number in numbers if number.isdigit() and len(number) < 11
    )


SKIPPED = re.compile(rb"\\(?:\*|[-_~:|]|bin\d*)")
OBJECTS = re.compile(rb"\\obj(?:data|ocx|autlink|html)|\\ddeauto", re.IGNORECASE)
BETWEEN = bytes.maketrans(b"\r\n{}", b"\x01" * 4)
"""Line breaks and ends of groups: they end a control word and are not text."""
MAX_TEMPLATES = 10  # usually there is one
TEMPLATE_BYTES = 4096


def _word(word: str) -> re.Pattern[bytes]:
    return re.compile(
        b"\\\\" + b"\x01*".join(word.encode()[at : at + 1] for at in range(len(word))),
        re.IGNORECASE,
    )


FIELD, TEMPLATE = _word("fldinst"), _word("template")
SPELLED = re.compile(rb"\\'([0-9a-fA-F]{2})|\\u(\d{1,5})[ \x01]?\??")
CONTROLS = re.compile(rb"\\(?:[a-zA-Z]+-?\d* ?|[-*_~:|])")
DDE = re.compile(rb"\x13[\s\"]*DDE(?:AUTO)?(?![a-z])", re.IGNORECASE)


def runs_by_itself(rtf: bytes) -> bool:
    """Whether an RTF contains an object, a field that starts a program, or a template from another machine.

    Line breaks, spaces and groups may split a control word, and letters may be written as numbers.
    """
    joined = rtf.translate(None, b" \t\r\n\f\v\x00{}")
    if OBJECTS.search(SKIPPED.sub(b"", joined)) is not None:
        return True
    del joined
    split = rtf.translate(BETWEEN, b"\x00")
    fields = _text(FIELD.sub(b"\x13", split))
    shares = includes_share(fields.decode("latin-1"))
    return DDE.search(fields) is not None or shares or _has_remote_template(split)


def _has_remote_template(split: bytes) -> bool:
    for number, word in enumerate(TEMPLATE.finditer(split)):
        name = split[word.end() : word.end() + TEMPLATE_BYTES]
        if name[:1].isalpha():
            continue  # part of a longer word
        text = _text(name).decode("latin-1").strip()
        is_escaped_share = text.startswith("\\" * 3)
        if number >= MAX_TEMPLATES or not text or is_escaped_share or is_remote(text):
            return True
    return False


def _text(split: bytes) -> bytes:
    """Return the text between control words."""
    plain = SPELLED.sub(_letter, split)
    return CONTROLS.sub(b"", plain).replace(b"\x01", b"")


def _letter(spelled: re.Match[bytes]) -> bytes:
    number = int(spelled[1], 16) if spelled[1] else int(spelled[2])
    return bytes([number]) if number < 256 else b"?"
