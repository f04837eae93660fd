"""RTF files as Word, WordPad, TextEdit, LibreOffice and exporters write them."""

from __future__ import annotations

from collections.abc import Iterator

from fakes.pictures import part, png
from fakes.resumes.people import LINES
from fakes.resumes.resume import Resume, shown

from jemmo.files.kinds import RTF

WORD_HEAD = (
    r"{\rtf1\adeflang1025\ansi\ansicpg%s\uc1\adeff0\deff0\stshfdbch0\deflang1036{\fonttbl{\f0\fbidi \froman"
    r"\fcharset%s\fprq2{\*\panose 02020603050405020304}Fontname;}"
    r"{\f1\fbidi \fswiss\fcharset0 Secondfont{\*\falt Altfont};}}"
    "\r\n"
    r"{\colortbl;\red0\green0\blue0;}{\stylesheet{\ql \li0\widctlpar\rtlch\fcs1 \af0\afs24 \ltrch\fcs0 \fs24 "
    r"\snext0 Stylename;}{\*\cs10 \additive Defaultfont;}}{\*\rsidtbl \rsid1\rsid2}{\*\generator Generatorname;}"
    "\r\n"
    r"{\info{\title Metatitle}{\author Metacreator}{\creatim\yr2024\mo1\dy2}{\*\company Metacompany}}"
    r"{\*\xmlnstbl {\xmlns1 http://example.com/namespace;}}\paperw11906\paperh16838\viewkind1"
    "\r\n"
)
METADATA = (
    "Fontname",
    "Secondfont",
    "Altfont",
    "Stylename",
    "Generatorname",
    "Metatitle",
    "Metacreator",
    "Metacompany",
)


def escaped(text: str, codec: str) -> str:
    """Keep ASCII, and escape all other characters as bytes of a code page."""
    out = []
    for character in text:
        if character in "\\{}":
            out.append("\\" + character)
        elif character.isascii():
            out.append(character)
        else:
            # The second byte of a double-byte character is written in hex even if it looks like ASCII.
            out.extend(f"\\'{byte:02x}" for byte in character.encode(codec))
    return "".join(out)


def unicoded(text: str, fallback: str = "?") -> str:
    r"""Escape non-ASCII characters as ``\u`` with a fallback, as two surrogates beyond the basic plane."""
    out = []
    for character in text:
        if character.isascii():
            out.append(character)
            continue
        units = character.encode("utf-16-le")
        for start in range(0, len(units), 2):
            unit = int.from_bytes(units[start : start + 2], "little", signed=True)
            out.append(f"\\u{unit}{fallback}")
    return "".join(out)


def word(codec: str, page: int, charset: int, lines: tuple[str, ...], *, extra: str = "") -> str:
    body = "".join(
        r"\pard\plain \ltrpar\ql \rtlch\fcs1 \af0 \ltrch\fcs0 \f0\fs24 {\rtlch\fcs1 \af0 \ltrch\fcs0 \insrsid7 "
        + escaped(line, codec)
        + "\r\n\\par }"
        for line in lines
    )
    return WORD_HEAD % (page, charset) + body + extra + "}"


def case(
    name: str,
    language: str,
    feature: str,
    rtf: str | bytes,
    *extra: str,
    producer: str = "Word",
    forbidden: tuple[str, ...] = (),
    once: tuple[str, ...] = (),
) -> Resume:
    return Resume(
        name=f"rtf-{name}",
        kind=RTF,
        producer=producer,
        language=language,
        feature=feature,
        content=rtf.encode("ascii") if isinstance(rtf, str) else rtf,
        words=shown(*LINES[language], *extra),
        feature_words=shown(*extra),
        forbidden=(*METADATA, *forbidden),
        once=once,
    )


def resumes() -> Iterator[Resume]:
    yield from _code_pages()
    yield from _structures()
    yield from _producers()
    yield from _rarities()
    yield from _damaged()


def _code_pages() -> Iterator[Resume]:
    for language, codec, page, charset in (
        ("fr", "cp1252", 1252, 0),
        ("pl", "cp1250", 1250, 238),
        ("ru", "cp1251", 1251, 204),
        ("el", "cp1253", 1253, 161),
        ("he", "cp1255", 1255, 177),
        ("ar", "cp1256", 1256, 178),
        ("ja", "cp932", 932, 128),
    ):
        yield case(
            f"cp{page}", language, f"code page {page}", word(codec, page, charset, LINES[language])
        )
    for language, codec, charset in (
        ("cs", "cp1250", 238),
        ("ru", "cp1251", 204),
        ("ja", "cp932", 128),
    ):
        yield case(
            f"font-charset-{language}",
            language,
            "code page of the font, not of the file",
            word(codec, 1252, charset, LINES[language]),
        )
    fonts = (
        r"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0\fnil\fcharset0 Fontname;}{\f1\fnil\fcharset161 Fontname Greek;}"
        r"{\f2\fnil\fcharset238 Fontname CE;}}" + "\r\n"
    )
    athens, lodz = escaped("Αθήνα", "cp1253"), escaped("Łódź", "cp1250")
    mixed = (
        fonts
        + "".join(rf"\pard\f0 {escaped(line, 'cp1252')}\par" + "\r\n" for line in LINES["fr"])
        + rf"{{\f1 {athens}}} puis {{\f2 {lodz}}} ao\'fbt\par}}"
    )
    yield case(
        "mixed-charsets",
        "fr",
        "three code pages in one file",
        mixed,
        "Αθήνα puis Łódź août",
        producer="WordPad",
    )
    mac = (
        r"{\rtf1\mac\deff0{\fonttbl{\f0\fswiss\fcharset77 Fontname;}}"
        + "".join(rf"\pard\f0 {escaped(line, 'mac_roman')}\par " for line in LINES["fr"])
        + "}"
    )
    yield case("mac-roman", "fr", "Mac OS Roman", mac, producer="Word 98 for Mac")


def _structures() -> Iterator[Resume]:
    marks = (
        r"\pard Twenty\endash five\line Rota\tab Shifts\emdash nights\par Co\_operative part\-time \~crew\par "
        r"\ldblquote Quoted\rdblquote \bullet Bulleted \{Braced\} \\Slashed\par{\b B}old{\i face}\page Afterbreak\par"
    )
    yield case(
        "marks",
        "en",
        "dashes, tabs, line breaks, optional and no-break hyphens",
        word("cp1252", 1252, 0, LINES["en"], extra=marks),
        "Twenty five Rota Shifts nights Co-operative parttime crew Quoted Bulleted Braced Slashed Boldface Afterbreak",
    )
    around = (
        r"{\header \pard\plain Kopfzeile \'dcberschrift\par}{\footer \pard Fu\'dfzeile\par}"
        r"\pard Vortrag{\cs18\super \chftn{\footnote \pard\plain {\super \chftn} Anmerkungstext\par}}\par "
        r"{\field\fldedit{\*\fldinst { HYPERLINK \\l Fieldtarget }{\*\datafield 00d0c9ea}}"
        r"{\fldrslt {\ul Profilseite}}}\par "
        r"Offen{\v Verborgenwort} sichtbar{\deleted Entferntwort}\par"
        r"{\*\bkmkstart Bookmarkname}{\*\bkmkend Bookmarkname}"
        r"{\*\unknowndestination Unknowncontent {nested Unknowncontent}}"
    )
    yield case(
        "around",
        "de",
        "header, footer, footnote, field, hidden and deleted text",
        word("cp1252", 1252, 0, LINES["de"], extra=around),
        "Kopfzeile Überschrift Fußzeile Vortrag Anmerkungstext Profilseite Offen sichtbar",
        forbidden=(
            "HYPERLINK",
            "Fieldtarget",
            "Verborgenwort",
            "Entferntwort",
            "Bookmarkname",
            "Unknowncontent",
            "00d0c9ea",
        ),
    )
    cells = (
        r"\trowd\trgaph70\cellx4000\cellx8000\pard\intbl Injertos\cell\pard\intbl Compostaje\cell\row"
        r"\trowd\cellx4000\cellx8000\pard\intbl Invernada\par{\pard\intbl\itap2 Esquejes\nestcell"
        r"{\*\nesttableprops\trowd\cellx2000\nestrow}{\nonesttables\par}}\pard\intbl\cell\pard\intbl "
        + escaped("Olivar añejo", "cp1252")
        + r"\cell\row\pard\par"
    )
    yield case(
        "tables",
        "es",
        "tables in tables",
        word("cp1252", 1252, 0, LINES["es"], extra=cells),
        "Injertos Compostaje Invernada Esquejes Olivar añejo",
        once=("Esquejes",),
    )
    image = png(width=9, height=9)
    binary = png(
        width=9,
        height=9,
        extra=part(b"tEXt", b"Comment\0}\\par{Binarytext \\u9" + bytes(range(1, 256))),
    )
    head, _, _ = word("cp1252", 1252, 0, LINES["en"]).rpartition("}")
    pictured = (
        head.encode()
        + b"{\\*\\shppict{\\pict{\\*\\picprop{\\sp{\\sn wzName}{\\sv Propertyvalue}}}\\pngblip\\picw9\\pich9 "
        + image.hex().encode()
        + b"}}{\\nonshppict{\\pict\\wmetafile8 0100090000}}{\\pict\\pngblip\\bin%d " % len(binary)
        + binary
        + b"}\\pard Afterpicture\\par}"
    )
    yield case(
        "pictures",
        "en",
        "pictures in hex and binary",
        pictured,
        "Afterpicture",
        forbidden=("Binarytext", "Propertyvalue", "wzName", "0100090000", image.hex()[:40]),
    )
    box = (
        r"\pard {\shp{\*\shpinst\shpleft0\shptop0\shpright4000\shpbottom2000{\sp{\sn shapeType}{\sv 202}}"
        r"{\shptxt \pard\plain "
        + escaped("Współczynnik Zaświadczenie", "cp1250")
        + r"\par}}{\shprslt{\*\do\dobxcolumn{\dptxbx{\dptxbxtext\pard "
        + escaped("Współczynnik Zaświadczenie", "cp1250")
        + r"\par}}}}}\par"
    )
    yield case(
        "text-box",
        "pl",
        "text box with the same words as a fallback",
        word("cp1250", 1250, 238, LINES["pl"], extra=box),
        "Współczynnik Zaświadczenie",
        forbidden=("shapeType",),
        once=("Współczynnik", "Zaświadczenie"),
    )
    listed = (
        r"{\listtext\pard\plain\f3 \'b7\tab}\pard\ls1 Bokbinderi\par"
        r"{\pntext\f3 \'b7\tab}{\*\pn\pnlvlblt{\pntxtb Bulletcode}}"
        r"Drejning\par"
    )
    yield case(
        "lists",
        "sv",
        "bulleted list",
        word("cp1252", 1252, 0, LINES["sv"], extra=listed),
        "Bokbinderi Drejning",
        forbidden=("Bulletcode",),
    )


def _producers() -> Iterator[Resume]:
    head = (
        "{\\rtf1\\ansi\\ansicpg1252\\cocoartf2761\n\\cocoatextscaling0\\cocoaplatform0"
        "{\\fonttbl\\f0\\fswiss\\fcharset0 "
        "Fontname-Bold;\\f1\\fnil\\fcharset0 Fontname;}\n{\\colortbl;\\red255\\green255\\blue255;}\n"
        "{\\*\\expandedcolortbl;;}\n\\paperw11900\\paperh16840\\margl1440\\margr1440\\vieww11520\\viewh8400\\viewkind0\n"
        "\\pard\\tx566\\tx1133\\pardirnatural\\partightenfactor0\n\n\\f0\\b\\fs24 \\cf0 "
    )
    french = "\\\n".join(escaped(line, "cp1252") for line in LINES["fr"])
    yield case(
        "textedit", "fr", "a backslash ends a line", f"{head}{french}}}", producer="TextEdit"
    )
    russian = "\\\n".join(unicoded(line, " ") for line in LINES["ru"])
    yield case(
        "textedit-unicode",
        "ru",
        "characters without fallbacks",
        f"{head}\\uc0{russian}}}",
        producer="TextEdit",
    )
    wordpad = (
        r"{\rtf1\ansi\ansicpg1252\deff0\nouicompat\deflang1053{\fonttbl{\f0\fnil\fcharset0 Fontname;}}"
        "\r\n"
        r"{\*\generator Riched20 10.0.19041}\viewkind4\uc1 "
        "\r\n"
        r"\pard\sa200\sl276\slmult1\f0\fs22\lang29 "
    ) + "".join(escaped(line, "cp1252") + "\\par\r\n" for line in LINES["sv"])
    yield case(
        "wordpad", "sv", "plain", wordpad + "}\r\n\0", producer="WordPad", forbidden=("Riched20",)
    )
    libre = (
        r"{\rtf1\ansi\deff3\adeflang1025"
        "\n"
        r"{\fonttbl{\f0\froman\fprq2\fcharset0 Fontname;}"
        r"{\f3\froman\fprq2\fcharset0 Fontname{\*\falt Altfont};}}{\*\generator Generatorname}"
        r"{\info{\author Metacreator}}"
        r"{\*\pgdsctbl{\pgdsc0\pgdscuse451 Pagestyle;}}\formshade\sectd\pgwsxn11906" + "\n"
    )
    german = "".join(
        r"\pard\plain \s0\loch\f3\hich\af3 {\rtlch \ltrch\loch "
        + "".join(c if c.isascii() else f"\\u{ord(c)}\\'{c.encode('cp1252')[0]:02x}" for c in line)
        + "}\n\\par "
        for line in LINES["de"]
    )
    yield case(
        "libreoffice",
        "de",
        "characters with hex fallbacks",
        libre + german + "}",
        producer="LibreOffice",
        forbidden=("Pagestyle",),
    )
    japanese = "".join(
        r"\pard\uc2 "
        + "".join(
            c if c.isascii() else unicoded(c, "".join(f"\\'{b:02x}" for b in c.encode("cp932")))
            for c in line
        )
        + r"\par "
        for line in LINES["ja"]
    )
    yield case(
        "two-fallbacks",
        "ja",
        "two fallback bytes for each character, a surrogate pair",
        libre + japanese + r"\pard \uc1 \u-10179?\u-8704? {\uc0\u30000 }\u20013?}",
        "田中",
        producer="WPS Office",
    )
    raw = word("cp1250", 1250, 238, ()).rpartition("}")[0].encode() + b"".join(
        line.encode("cp1250") + b"\\par\n" for line in LINES["cs"]
    )
    yield case(
        "raw-bytes",
        "cs",
        "bytes of the code page as they are",
        raw + b"}",
        producer="a Delphi exporter",
    )
    bare = r"{\rtf1 " + "".join(unicoded(line) + r"\par " for line in LINES["el"]) + "}"
    yield case("bare", "el", "no character set and no fonts", bare, producer="an ATS's exporter")


def _rarities() -> Iterator[Resume]:
    two_fonts = (
        r"{\rtf1\ansi\ansicpg1252\deff0"
        r"{\fonttbl{\f0\froman\fcharset0 Fontname;}{\f2\fswiss\fcharset204 Secondfont;}}"
    )
    reset = "".join(rf"\pard\plain\f2 {escaped(line, 'cp1251')}\par" for line in LINES["ru"])
    reset += rf"{{\f2 {escaped('Казань', 'cp1251')} {{\plain caf\'e9}} {escaped('Тула', 'cp1251')}}}\par}}"
    yield case(
        "plain-resets",
        "ru",
        "a reset returns to the first font",
        two_fonts + reset,
        "Казань café Тула",
    )
    dos = r"{\rtf1\pca\deff0{\fonttbl{\f0\fmodern Fontname;}}" + "".join(
        rf"\pard {escaped(line.replace('œ', 'oe'), 'cp850')}\par " for line in LINES["fr"]
    )
    dos_case = case("cp850", "fr", "code page of DOS", dos + "}", producer="Works for DOS")
    yield Resume(
        **{**vars(dos_case), "words": shown(*(line.replace("œ", "oe") for line in LINES["fr"]))}
    )
    marks = r"\pard Norrut\emspace Söderut\enspace Västerut\qmspace Österut\sect Avsnitt\column Spalt\softline Rad\par"
    yield case(
        "spaces",
        "sv",
        "wide spaces, sections and columns",
        word("cp1252", 1252, 0, LINES["sv"], extra=escaped(marks, "cp1252").replace("\\\\", "\\")),
        "Norrut Söderut Västerut Österut Avsnitt Spalt Rad",
    )
    both = r"\pard {\upr{Ansiversion}{\*\ud{Unicode\u322?d\u378?}}}\par"
    yield case(
        "two-versions",
        "en",
        "text in an old and a new version",
        word("cp1252", 1252, 0, LINES["en"], extra=both),
        "Unicodełdź",
        forbidden=("Ansiversion",),
    )
    revised = (
        r"{\*\revtbl{Unknown;}{Revisionauthor;}}\pard {\revised\revauth1\revdttm5 Eingesetzt}\par "
        r"Frage{\*\atnid AB}{\*\atnauthor Commentauthor}\chatn{\*\annotation{\*\atndate 5}\pard Commenttext}"
        r" Antwort\par"
        r"{\field{\*\fldinst FORMTEXT {\*\formfield{\fftype0{\*\ffname Formname}{\*\ffdeftext Formdefault}}}}"
        r"{\fldrslt Formularwert}}\par"
    )
    yield case(
        "revised",
        "de",
        "inserted text, comments and form fields",
        word("cp1252", 1252, 0, LINES["de"], extra=revised),
        "Eingesetzt Frage Antwort Formularwert",
        forbidden=("Revisionauthor", "Commentauthor", "Formname", "Formdefault", "FORMTEXT"),
    )
    deep = "{" * 400 + r"\pard Hondo\par" + "}" * 400
    yield case(
        "deep-groups",
        "es",
        "400 groups inside each other",
        word("cp1252", 1252, 0, LINES["es"], extra=deep),
        "Hondo",
    )


def _damaged() -> Iterator[Resume]:
    whole = word("cp1252", 1252, 0, LINES["es"])
    yield case("unclosed", "es", "closing braces lost", whole.rstrip("}") + r"\par ")
    yield case(
        "overclosed", "en", "too many closing braces", word("cp1252", 1252, 0, LINES["en"]) + "}}}"
    )
    empty = case("empty", "en", "no text", WORD_HEAD % (1252, 0) + r"\pard\par }")
    yield Resume(**{**vars(empty), "words": (), "feature_words": (), "outcome": "empty"})
