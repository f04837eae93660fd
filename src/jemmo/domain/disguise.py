"""Screenshot mode: nothing on the page identifies anyone.

People, companies, addresses and keys get generic names. The same person always gets the same name, which cannot be
traced back without the installation's secret.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Callable, Collection, Iterable
from html import escape, unescape
from urllib.parse import parse_qsl, unquote, urlencode

from jemmo.domain.contact_finder import FoundContact
from jemmo.domain.enums import ContactKind
from jemmo.domain.generic_names import COMPANIES, FIRST, LAST, PARTICLES, PLACEHOLDERS
from jemmo.domain.masking import replace_contacts
from jemmo.domain.plain_text import normalized
from jemmo.domain.validation import may_be_address, split_address

GENERIC_EMAIL = "user@example.com"
GENERIC_PHONE = "+33 6 XX XX XX XX"
GENERIC_ADDRESS = "https://example.com/"
_WEB = re.compile(r"https?://[^\s<>\"']*[^\s<>\"'.,;:!?)\]}]", re.IGNORECASE)
_SECRET_PATH = re.compile(r"/(hooks|invitations|files)/[^/\s\"'<>]+")
_KEY_HINT = re.compile("(?<!•)•{2,}+ ?[\\w-]+")


def generic_contacts(text: str) -> str:
    """Replace each e-mail address, phone number, web address and key in the text with a generic one."""
    text = _SECRET_PATH.sub(r"/\1/••••", _WEB.sub(GENERIC_ADDRESS, text))
    return _KEY_HINT.sub("••••", replace_contacts(text, _generic_contact))


def _generic_contact(contact: FoundContact) -> str:
    if contact.kind is ContactKind.PHONE:
        return GENERIC_PHONE
    return GENERIC_EMAIL


_GENERIC = re.compile(
    "|".join(re.escape(phrase) for phrase in (GENERIC_EMAIL, GENERIC_PHONE, *COMPANIES))
    + f"|(?:{'|'.join(FIRST)}) (?:{'|'.join(LAST)})"
)


def is_generic(text: str) -> bool:
    """Whether a text contains screenshot mode's placeholders, which must never be stored."""
    return bool(_GENERIC.search(text))


_GENERIC_CONTACT = re.compile(
    f"({'|'.join(re.escape(phrase) for phrase in (GENERIC_EMAIL, GENERIC_PHONE, GENERIC_ADDRESS))})"
)
_VOCABULARY = {*FIRST, *LAST}
_INVENTED = frozenset(word.casefold() for word in (*FIRST, *LAST, *PLACEHOLDERS))
MAX_INVENTED = 600  # characters


class Disguise:
    """Replaces the names of people and companies with generic ones.

    Register the values that may occur in a text first, then change the text.

    ``secret`` determines each generic name, so that names can't be traced to a person without it. Two people may share
    a generic name, but one person never has two. ``ordinary`` are words in lower case that are never replaced on their
    own, even if they are names, such as the words of the interface.
    """

    def __init__(self, secret: bytes, ordinary: Collection[str] = frozenset()) -> None:
        self._secret = secret
        self._ordinary = ordinary
        self._kept: set[str] = set()  # further ordinary words, from titles and places on this page
        self._whole: dict[str, str] = {}  # names that are replaced in any spelling
        self._written: set[str] = set()  # their known spellings
        # Parts of names, replaced only in this spelling or in capitals so that prose stays readable.
        self._exact: dict[str, str] = {}
        self._loose: dict[str, str] = {}  # the same words in any spelling
        self._found: re.Pattern[str] | None = None

    def person(self, key: object, first: str | None, last: str | None) -> str:
        """Register a person by a permanent key and return their generic name."""
        drawn = self._drawn("person", str(key))
        names = FIRST[drawn[0] % len(FIRST)], LAST[drawn[1] % len(LAST)]
        generic = " ".join(names)
        first, last = (first or "").strip(), (last or "").strip()
        if first and last:
            self._note_whole(f"{first} {last}", generic)
            self._note_whole(f"{last} {first}", generic)
            self._words(first, names[0])
            self._words(last, names[1])
        elif first or last:
            self._single_name(first or last, names)
        return generic

    def _single_name(self, name: str, names: tuple[str, str]) -> None:
        self._note_whole(name, " ".join(names))
        before, _, after = name.partition(" ")
        if after:
            self._words(before, names[0])
            self._words(after, names[1])

    def _words(self, name: str, generic: str) -> None:
        for word in {name, *re.split(r"[\s-]+", name)}:
            if word in _VOCABULARY or not _identifies(word):
                continue
            self._loose.setdefault(_key(word), generic)
            for written in (word, word.capitalize(), word.upper(), _folded(word)):
                self._exact.setdefault(written, generic)
        self._found = None

    def company(self, name: str | None) -> str | None:
        """Register a company and return its generic name, which is the same for all spellings."""
        if not name or not name.strip():
            return None
        generic = COMPANIES[self._drawn("company", _key(name))[0] % len(COMPANIES)]
        if not _GENERIC.fullmatch(name.strip()):
            self._note_whole(name.strip(), generic)
        return generic

    def file(self, name: str | None) -> str | None:
        """Register a file name and return a generic one. People name their resumes after themselves."""
        if not name:
            return name
        ending = _FILE_ENDING.search(name)
        generic = f"document{ending[0].lower() if ending else ''}"
        if name != generic:
            self._note_whole(name, generic)
        return generic

    def keep(self, *texts: str | None) -> None:
        """Register titles and places, whose words stay even if they are also a person's name."""
        for text in texts:
            self._kept.update(_key(word) for word in _WORD.findall(text or ""))
        self._found = None

    def name(self, name: str) -> str:
        """Return the generic name registered for exactly this name, or else the name itself."""
        return self._whole.get(_key(name), name)

    def free_text(self, text: str) -> str:
        """Return filler for text written about a person: about as long, and always the same for the same text.

        Limited to ``MAX_INVENTED`` characters, which is enough to show what a page looks like.
        """
        drawn, words, length = self._drawn("text", text), list[str](), 0
        while length < min(len(text.strip()), MAX_INVENTED):
            place = len(words)
            drawn = drawn if place % len(drawn) else self._drawn("text", f"{place} {text}")
            words.append(PLACEHOLDERS[drawn[place % len(drawn)] % len(PLACEHOLDERS)])
            length += len(words[-1]) + 1
        invented = " ".join(words)
        return invented[:1].upper() + invented[1:] if text.lstrip()[:1].isupper() else invented

    def search(self, words: str) -> str:
        """Return a generic search query: names are replaced in any case and without accents, other words by filler.

        Ordinary words stay.
        """
        return _WORD.sub(lambda word: self._searched_word(word[0]), self.text(words))

    def _searched_word(self, word: str) -> str:
        known = self._loose.get(_key(word))
        if known is not None:
            return known
        return word if self._stays(_key(word)) or len(word) < 2 else self.free_text(word)

    def _stays(self, word: str) -> bool:
        return word in self._ordinary or word in self._kept or word in _INVENTED

    def text(self, text: str) -> str:
        """Return the text in the form a screenshot may show."""
        parts = _GENERIC_CONTACT.split(generic_contacts(text))
        parts[::2] = map(self._names, parts[::2])
        return "".join(parts)

    def html(self, markup: str) -> str:
        """Return well-formed markup with generic texts, titles, values and addresses."""
        parts = _TAG.split(markup)
        for place, part in enumerate(parts):
            if place % 2:
                parts[place] = _ATTRIBUTE.sub(self._attribute, part)
            elif part and not part.isspace():
                parts[place] = _changed(part, self.text)
        return "".join(parts)

    def address(self, address: str) -> str:
        """Return one of Jemmo's addresses with a generic query; external addresses become a placeholder."""
        if address.startswith(("mailto:", "tel:")):
            return f"mailto:{GENERIC_EMAIL}" if address.startswith("mailto:") else "tel:"
        if re.match(r"[a-z][a-z0-9+.-]*://", address, re.IGNORECASE):
            return GENERIC_ADDRESS
        parts = split_address(address if may_be_address(address) else "")
        if parts.query:
            query = [
                (name, self._parameter(parts.path, name, value))
                for name, value in _pairs(parts.query)
            ]
            parts = parts._replace(query=urlencode(query))
        return (
            _SECRET_PATH.sub(r"/\1/••••", parts.geturl())
            if "/hooks/" in address
            else parts.geturl()
        )

    def _value(self, value: str) -> str:
        return self.address(value) if value.startswith("/") else self._typed(value)

    def _typed(self, words: str) -> str:
        """Return a field's value with names replaced, in any case and without accents."""
        return _WORD.sub(self._typed_word, self.text(words))

    def _typed_word(self, match: re.Match[str]) -> str:
        key = _key(match[0])
        return match[0] if self._stays(key) else self._loose.get(key, match[0])

    def _parameter(self, path: str, name: str, value: str) -> str:
        if name == "q" and not path.startswith("/jobs/"):
            return self.search(value)
        return self.free_text(value) if name == "tag" else self._value(value)

    def _attribute(self, match: re.Match[str]) -> str:
        name, value = match[1], match[2]
        if name in _TEXTS:
            changed = self._value if name == "value" else self.text
            return f'{name}="{_changed(value, changed)}"'
        if name in _ADDRESSES:
            return f'{name}="{_changed(value, self.address)}"'
        return match[0]

    def _names(self, text: str) -> str:
        if self._found is None:
            self._found = self._pattern()
        return self._found.sub(self._generic, text)

    def _generic(self, match: re.Match[str]) -> str:
        if match["whole"]:
            return self._whole[_key(match["whole"])]
        return self._exact.get(match["exact"]) or self._whole[_key(match["exact"])]

    def _pattern(self) -> re.Pattern[str]:
        whole, exact = set(), set()
        for name in self._written:
            spellings = self._spellings(name)
            whole |= spellings[0]
            exact |= spellings[1]
        exact |= {word for word in self._exact if not self._all_stay(word)}
        any_spelling = "|".join(map(_any_separators, _longest_first(whole))) or "(?!)"
        exact_spelling = "|".join(map(re.escape, _longest_first(exact))) or "(?!)"
        return re.compile(
            rf"(?<![^\W_])(?:(?P<whole>(?i:{any_spelling}))|(?P<exact>{exact_spelling}))(?![^\W_])"
        )

    def _spellings(self, name: str) -> tuple[set[str], set[str]]:
        """Return the spellings of a whole name to match in any form, and those to match exactly.

        A name made of ordinary words ("Will May") matches only exactly; a single ordinary word never matches.
        """
        if not self._all_stay(name):
            return {name}, set()
        return set(), {name, name.upper()} if len(_key(name).split(" ")) > 1 else set()

    def _all_stay(self, name: str) -> bool:
        return all(not _identifies(word) or self._stays(word) for word in _key(name).split(" "))

    def _note_whole(self, name: str, generic: str) -> None:
        key = _key(name)
        if key and key not in self._whole:
            self._whole[key] = generic
        if key:
            self._written |= {name, _folded(name)}
            self._found = None

    def _drawn(self, kind: str, key: str) -> bytes:
        return hmac.digest(self._secret, f"{kind}:{key}".encode(), hashlib.sha256)


_TAG = re.compile(r"(<[^<>]*>)")  # attribute values contain no ">": it is escaped
_ATTRIBUTE = re.compile(r'\b([a-z-]{1,40})="([^"]*)"')
_TEXTS = {"title", "value", "alt", "aria-label", "placeholder", "content", "label", "data-label"}
_ADDRESSES = {"href", "src", "action", "hx-get", "hx-post", "hx-push-url", "hx-replace-url"}
_SPACE = re.compile(r"[\s._,-]+")
_WORD = re.compile(r"[^\W_]+")
_FILE_ENDING = re.compile(
    r"\.(pdf|docx?|odt|rtf|txt|html?|pages|png|jpe?g|gif|webp|tiff?|heic|zip|pptx?|xlsx?|csv|eml|msg)$",
    re.IGNORECASE,
)
_MIN_LENGTH = 3  # letters in a part of a name that is replaced on its own


def _changed(escaped: str, change: Callable[[str], str]) -> str:
    """Apply ``change`` to the text of escaped markup. Markup that it doesn't change is returned as it was."""
    plain = unescape(escaped)
    changed = change(plain)
    return escaped if changed == plain else escape(changed)


def _pairs(query: str) -> list[tuple[str, str]]:
    return [(unquote(name), value) for name, value in parse_qsl(query, keep_blank_values=True)]


def _folded(text: str) -> str:
    """Remove accents."""
    return "".join(
        character for character in normalized("NFKD", text) if not unicodedata.combining(character)
    )


def _key(name: str) -> str:
    """Return a key that all spellings of a name share, whatever their case, accents and separators."""
    return _SPACE.sub(" ", _folded(name).casefold()).strip()


def _identifies(word: str) -> bool:
    """Whether this part of a name identifies a person: "Tour" in "de la Tour" does; "de" and "la" do not."""
    if " " in word.strip():
        return any(map(_identifies, word.split()))
    ideograms = (
        bool(word) and not word.isascii() and not word[0].isupper() and not word[0].islower()
    )
    return ideograms or (len(word) >= _MIN_LENGTH and word.casefold() not in PARTICLES)


def _any_separators(name: str) -> str:
    """Return a pattern that matches the name with any usual separators between its words."""
    return r"[\s._,-]+".join(re.escape(word) for word in _SPACE.split(name) if word)


def _longest_first(names: Iterable[str]) -> list[str]:
    return sorted(names, key=len, reverse=True)
