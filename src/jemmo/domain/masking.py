"""What is taken out of a text before somebody reads it who may not see it all. Pure, and the same everywhere.

By right: a viewer sees no contact details, wherever they were typed (``without_contacts``). In screenshot mode nobody
sees anything that tells who is meant (``Disguise``): people, companies, addresses and keys become generic, always the
same for the same person, and cannot be led back without the installation's secret.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from html import escape, unescape
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from jemmo.domain.enums import ContactKind
from jemmo.domain.generic_names import COMPANIES, FIRST, LAST

HIDDEN = "…"
GENERIC_EMAIL = "user@example.com"
GENERIC_PHONE = "+33 6 XX XX XX XX"
GENERIC_ADDRESS = "https://example.com/"

_OUTSIDE = r"\s@＠<>()\[\],;:\"'…"  # what ends an e-mail address on either side
EMAIL = re.compile(rf"[^{_OUTSIDE}]+(?:[@＠][^{_OUTSIDE}]+)+")
_BETWEEN = r"[\s./()\u200b\u2010-\u2015-]{0,3}"  # what people put between the digits of a number
_ID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_DATE = r"\d{1,2}[./-]\d{1,2}[./-](?:19|20)\d{2}(?![\s./-]?\d)"
_NUMBER = (
    rf"(?<!\w)(?!{_DATE})(?:\+|00|0|\(\+?\d)(?:{_BETWEEN}\d){{7,14}}(?!\w)"  # international, or with a leading zero
    r"|(?<![\w-])\(?[2-9]\d{2}\)?[\s.-]\d{3}[\s.-]\d{4}(?![\w-])"  # North America writes them without
)
PHONE = re.compile(_NUMBER)
# A phone number has no fewer digits, and no more between two of them.
_SEVEN_DIGITS = re.compile(r"\d(?:\D{0,3}\d){6}")
_PHONE_OR_ID = re.compile(rf"(?P<id>{_ID})|{_NUMBER}", re.IGNORECASE)
_WEB = re.compile(r"https?://[^\s<>\"']+", re.IGNORECASE)
_SECRET_PATH = re.compile(r"/(hooks|invitations|files)/[^/\s\"'<>]+")
_KEY_HINT = re.compile("•{2,} ?[\\w-]+")
CONTACT_TYPES = {"email", "phone", "tel", "url"}


def without_contacts(text: str | None) -> str | None:
    """The text with its e-mail addresses and phone numbers taken out."""
    if text and _holds_address(text):
        text = EMAIL.sub(HIDDEN, text)
    return PHONE.sub(HIDDEN, text) if text and _SEVEN_DIGITS.search(text) else text


def contacts_in(text: str) -> list[tuple[ContactKind, str]]:
    """The e-mail addresses and phone numbers that ``without_contacts`` takes out."""
    found = []
    if _holds_address(text):
        found += [(ContactKind.EMAIL, one[0]) for one in EMAIL.finditer(text)]
    if _SEVEN_DIGITS.search(text):
        found += [(ContactKind.PHONE, one[0]) for one in PHONE.finditer(text)]
    return found


def has_contacts(text: str) -> bool:
    return without_contacts(text) != text


def any_has_contacts(texts: Sequence[str]) -> bool:
    """Whether ``has_contacts`` is true of one of them; quick where, as nearly always, there is nothing like one."""
    together = "\n\n\n\n".join(texts)
    suspicious = _holds_address(together) or _SEVEN_DIGITS.search(together)
    return bool(suspicious) and any(map(has_contacts, texts))


def _holds_address(text: str) -> bool:
    return "@" in text or "＠" in text


def hidden_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Custom fields without contact details: fields made for them are emptied, the others cleaned."""
    return {key: {**field, "value": _hidden_value(field)} for key, field in fields.items()}


def _hidden_value(field: Mapping[str, Any]) -> Any:
    if field.get("type") in CONTACT_TYPES and field.get("value"):
        return HIDDEN
    return hidden_value(field.get("value"))


def hidden_value(value: Any) -> Any:
    """A value of any shape with the contact details taken out of each of its texts."""
    return through(value, lambda text: without_contacts(text) or "")


def hidden_row(row: Mapping[str, Any], texts: Collection[str]) -> dict[str, Any]:
    """A record as an export gives it, with contact details taken out of the fields where people type freely."""
    shown = {key: hidden_value(value) if key in texts else value for key, value in row.items()}
    if "custom_fields" in texts and isinstance(row.get("custom_fields"), Mapping):
        shown["custom_fields"] = hidden_fields(row["custom_fields"])
    return shown


def through(value: Any, change: Callable[[str], str]) -> Any:
    """The value with every text in it changed; names of fields and what is no text stay."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {key: through(one, change) for key, one in value.items()}
    return [through(one, change) for one in value] if isinstance(value, list | tuple) else value


def generic_contacts(text: str) -> str:
    """The text with each e-mail address, phone number, web address and key replaced by a generic one."""
    text = _SECRET_PATH.sub(r"/\1/••••", _WEB.sub(GENERIC_ADDRESS, text))
    text = _KEY_HINT.sub("••••", EMAIL.sub(GENERIC_EMAIL, text))
    return _PHONE_OR_ID.sub(lambda found: found["id"] or GENERIC_PHONE, text)


_GENERIC = re.compile(
    "|".join(re.escape(one) for one in (GENERIC_EMAIL, GENERIC_PHONE, *COMPANIES))
    + f"|(?:{'|'.join(FIRST)}) (?:{'|'.join(LAST)})"
)


def is_generic(text: str) -> bool:
    """Whether a text holds what only screenshot mode writes: it must never be stored."""
    return bool(_GENERIC.search(text))


_GENERIC_CONTACT = re.compile(
    f"({'|'.join(re.escape(one) for one in (GENERIC_EMAIL, GENERIC_PHONE, GENERIC_ADDRESS))})"
)
_VOCABULARY = {*FIRST, *LAST}


class Disguise:
    """Makes people and companies generic. What may occur in a text is noted first; then the text is changed.

    ``secret`` decides who is called what: without it no generic name leads back to anybody. Two people may share
    a generic name; one person never has two.
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._whole: dict[str, str] = {}  # names that are replaced however they are written
        self._written: set[str] = set()  # the ways of writing them that are known
        self._exact: dict[
            str, str
        ] = {}  # single words: only as written or in capitals, or prose would suffer
        self._loose: dict[str, str] = {}  # the same words, however they are written
        self._found: re.Pattern[str] | None = None

    def person(self, key: object, first: str | None, last: str | None) -> str:
        """Note a person by what identifies them for ever; returns the generic name."""
        drawn = self._drawn("person", str(key))
        names = FIRST[drawn[0] % len(FIRST)], LAST[drawn[1] % len(LAST)]
        generic = " ".join(names)
        first, last = (first or "").strip(), (last or "").strip()
        if first and last:
            self._note(self._whole, f"{first} {last}", generic)
            self._note(self._whole, f"{last} {first}", generic)
            self._words(first, names[0])
            self._words(last, names[1])
        elif first or last:
            self._name_in_one(first or last, names)
        return generic

    def _name_in_one(self, name: str, names: tuple[str, str]) -> None:
        self._note(self._whole, name, " ".join(names))
        before, _, after = name.partition(" ")
        if after:
            self._words(before, names[0])
            self._words(after, names[1])

    def _words(self, name: str, generic: str) -> None:
        for one in {name, *re.split(r"[\s-]+", name)}:
            if len(one) > 1 and one not in _VOCABULARY:
                self._loose.setdefault(_key(one), generic)
                for written in (one, one.upper(), _folded(one)):
                    self._note(self._exact, written, generic)

    def company(self, name: str | None) -> str | None:
        """Note a company; returns the generic name. The same however it is written."""
        if not name or not name.strip():
            return None
        generic = COMPANIES[self._drawn("company", _key(name))[0] % len(COMPANIES)]
        self._note(self._whole, name.strip(), generic)
        return generic

    def file(self, name: str | None) -> None:
        """Note a file's name: people name their resumes after themselves."""
        if name:
            ending = re.search(r"\.\w{1,5}$", name)
            self._note(self._whole, name, f"document{ending[0].lower() if ending else ''}")

    def text(self, text: str) -> str:
        """The text as a screenshot may show it."""
        parts = _GENERIC_CONTACT.split(generic_contacts(text))
        parts[::2] = map(self._names, parts[::2])
        return "".join(parts)

    def html(self, markup: str) -> str:
        """Well-formed markup with its texts, titles, values and addresses as a screenshot may show them."""
        parts = _TAG.split(markup)
        for place, part in enumerate(parts):
            if place % 2:
                parts[place] = _ATTRIBUTE.sub(self._attribute, part)
            elif part and not part.isspace():
                parts[place] = _changed(part, self.text)
        return "".join(parts)

    def address(self, address: str) -> str:
        """An address of ours with its query's values made generic; one that leads elsewhere leads nowhere."""
        if address.startswith(("mailto:", "tel:")):
            return f"mailto:{GENERIC_EMAIL}" if address.startswith("mailto:") else "tel:"
        if re.match(r"[a-z][a-z0-9+.-]*://", address, re.IGNORECASE):
            return GENERIC_ADDRESS
        parts = urlsplit(address)
        if parts.query:
            query = [(name, self._value(value)) for name, value in _pairs(parts.query)]
            parts = parts._replace(query=urlencode(query))
        return (
            _SECRET_PATH.sub(r"/\1/••••", parts.geturl())
            if "/hooks/" in address
            else parts.geturl()
        )

    def _value(self, value: str) -> str:
        return self.address(value) if value.startswith("/") else self._typed(value)

    def _typed(self, words: str) -> str:
        """What somebody typed to search with: a name is one in any case and without its accents."""
        return re.sub(
            r"[^\W_]+", lambda word: self._loose.get(_key(word[0]), word[0]), self.text(words)
        )

    def _attribute(self, found: re.Match[str]) -> str:
        name, value = found[1], found[2]
        if name in _TEXTS:
            changed = self._value if name == "value" else self.text
            return f'{name}="{_changed(value, changed)}"'
        if name in _ADDRESSES:
            return f'{name}="{_changed(value, self.address)}"'
        return found[0]

    def _names(self, text: str) -> str:
        if self._found is None:
            self._found = self._pattern()
        return self._found.sub(self._generic, text)

    def _generic(self, found: re.Match[str]) -> str:
        if found["whole"]:
            return self._whole[_key(found["whole"])]
        return self._exact[found["exact"]]

    def _pattern(self) -> re.Pattern[str]:
        whole = "|".join(_however_written(one) for one in _longest_first(self._written)) or "(?!)"
        exact = "|".join(re.escape(one) for one in _longest_first(self._exact)) or "(?!)"
        return re.compile(rf"(?<![^\W_])(?:(?P<whole>(?i:{whole}))|(?P<exact>{exact}))(?![^\W_])")

    def _note(self, where: dict[str, str], written: str, generic: str) -> None:
        key = _key(written) if where is self._whole else written
        if key and key not in where:
            where[key] = generic
            self._found = None
        if key and where is self._whole:
            self._written |= {written, _folded(written)}
            self._found = None

    def _drawn(self, kind: str, key: str) -> bytes:
        return hmac.digest(self._secret, f"{kind}:{key}".encode(), hashlib.sha256)


_TAG = re.compile(r"(<[^>]*>)")  # values of attributes hold no ">": they are escaped
_ATTRIBUTE = re.compile(r'\b([a-z-]+)="([^"]*)"')
_TEXTS = {"title", "value", "alt", "aria-label", "placeholder", "content", "label", "data-label"}
_ADDRESSES = {"href", "src", "action", "hx-get", "hx-post", "hx-push-url", "hx-replace-url"}
_SPACE = re.compile(r"[\s._,-]+")


def _changed(escaped: str, change: Callable[[str], str]) -> str:
    """A piece of markup with its text changed, and untouched when nothing changes."""
    plain = unescape(escaped)
    changed = change(plain)
    return escaped if changed == plain else escape(changed)


def _pairs(query: str) -> list[tuple[str, str]]:
    return [(unquote(name), value) for name, value in parse_qsl(query, keep_blank_values=True)]


def _folded(text: str) -> str:
    """Without accents."""
    return "".join(
        one for one in unicodedata.normalize("NFKD", text) if not unicodedata.combining(one)
    )


def _key(name: str) -> str:
    """Equal for all the ways of writing a name: case, accents, and what stands between its words."""
    return _SPACE.sub(" ", _folded(name).casefold()).strip()


def _however_written(name: str) -> str:
    """A pattern for a name with anything usual between its words."""
    return r"[\s._,-]+".join(re.escape(word) for word in _SPACE.split(name) if word)


def _longest_first(names: Iterable[str]) -> list[str]:
    return sorted(names, key=len, reverse=True)
