"""Text files in the encodings of several systems."""

from __future__ import annotations

from collections.abc import Iterator

from fakes.resumes.people import LINES
from fakes.resumes.resume import Resume, shown

from jemmo.files.kinds import TEXT


def case(
    name: str, language: str, feature: str, content: bytes, *extra: str, producer: str
) -> Resume:
    return Resume(
        name=f"txt-{name}",
        kind=TEXT,
        producer=producer,
        language=language,
        feature=feature,
        content=content,
        words=shown(*LINES[language], *extra),
        feature_words=shown(*extra),
    )


def resumes() -> Iterator[Resume]:
    def joined(language: str, ending: str = "\r\n") -> str:
        return ending.join((*LINES[language], ""))

    yield case("utf8", "el", "UTF-8", joined("el", "\n").encode(), producer="gedit")
    yield case(
        "utf8-bom", "cs", "UTF-8 with a mark", joined("cs").encode("utf-8-sig"), producer="Notepad"
    )
    yield case(
        "utf16-le",
        "ru",
        "UTF-16, little end first",
        b"\xff\xfe" + joined("ru").encode("utf-16-le"),
        producer="Notepad",
    )
    yield case(
        "utf16-be",
        "ja",
        "UTF-16, big end first",
        b"\xfe\xff" + joined("ja").encode("utf-16-be"),
        producer="a Java exporter",
    )
    yield case(
        "utf16-ascii",
        "en",
        "UTF-16 of plain English",
        joined("en").encode("utf-16"),
        producer="PowerShell",
    )
    yield case("cp1252", "fr", "Windows-1252", joined("fr").encode("cp1252"), producer="Notepad")
    yield case(
        "cp1252-quotes",
        "de",
        "Windows-1252",
        (joined("de") + "„Chorprobe“ – 9 €").encode("cp1252"),
        "Chorprobe 9",
        producer="Notepad",
    )
    yield case("mac", "sv", "lines ended by CR", joined("sv", "\r").encode(), producer="BBEdit")
    yield case(
        "form-feed",
        "es",
        "pages and tabs",
        (joined("es", "\n") + "Uno\tDos\fTres\vCuatro").encode(),
        "Uno Dos Tres Cuatro",
        producer="pdftotext",
    )
    yield case(
        "soft-hyphens",
        "de",
        "soft hyphens, no-break spaces",
        (joined("de") + "Donau\u00addampf\u00a0Hafen\u200bmeister").encode(),
        "Donaudampf",
        producer="a browser's clipboard",
    )
    flawed = joined("fr").encode() + b"Fin\xff abrupte \xc3"
    yield case(
        "bad-byte",
        "fr",
        "UTF-8 with one wrong byte, cut off inside a character",
        flawed,
        "abrupte",
        producer="a mail gateway",
    )
    yield case(
        "utf8-nul",
        "pl",
        "UTF-8 padded with NUL",
        joined("pl").encode() + bytes(3),
        producer="a Delphi exporter",
    )
    yield case(
        "next-line",
        "el",
        "lines ended by other marks",
        "\u2028".join(LINES["el"]).encode() + "\x85Τέλος".encode(),
        "Τέλος",
        producer="Pages",
    )
    blank = case("blank", "en", "white space alone", b" \r\n\t\r\n", producer="Notepad")
    yield Resume(**{**vars(blank), "words": (), "feature_words": (), "outcome": "refused"})
