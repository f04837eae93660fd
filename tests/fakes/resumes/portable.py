"""PDF files, written object by object in the manner of several producers."""

from __future__ import annotations

import base64
import hashlib
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence

from fakes.resumes.people import LINES
from fakes.resumes.resume import Outcome, Resume, shown

from jemmo.files.kinds import PDF

Seal = Callable[[int, bytes], bytes]


class File:
    """A PDF's numbered objects; the first is the catalog, the second the page tree."""

    def __init__(self) -> None:
        self.objects: dict[int, tuple[str, bytes | None]] = {}
        self.pages: list[int] = []
        self.more_pages = 0  # pages in branches, each of which counts as one entry of the list
        self.catalogue = ""
        self._next = 3

    def add(self, dictionary: str, stream: bytes | None = None) -> int:
        number = self._next
        self._next += 1
        self.objects[number] = (dictionary, stream)
        return number

    def deflated(self, content: bytes, dictionary: str = "") -> int:
        return self.add(f"<<{dictionary}/Filter/FlateDecode", zlib.compress(content))

    def page(self, contents: int | str, fonts: str, extra: str = "") -> int:
        reference = contents if isinstance(contents, str) else f"{contents} 0 R"
        number = self.add(
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<<{fonts}>>{extra}>>"
            f"/Contents {reference}>>"
        )
        self.pages.append(number)
        return number

    def tree(self) -> dict[int, tuple[str, bytes | None]]:
        kids = " ".join(f"{page} 0 R" for page in self.pages)
        return {
            1: (f"<</Type/Catalog/Pages 2 0 R{self.catalogue}>>", None),
            2: (f"<</Type/Pages/Kids[{kids}]/Count {len(self.pages) + self.more_pages}>>", None),
            **self.objects,
        }

    def written(
        self,
        *,
        trailer: str = "",
        head: bytes = b"",
        seal: Seal | None = None,
        start: int | None = None,
    ) -> bytes:
        """Return the file with a plain cross-reference table; ``start`` replaces the table's stated offset."""
        out, places = bytearray(head + b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"), {}
        for number, (dictionary, stream) in self.tree().items():
            places[number] = len(out)
            out += _object(
                number,
                dictionary,
                stream if stream is None or seal is None else seal(number, stream),
            )
        table = len(out)
        out += f"xref\n0 {len(places) + 1}\n0000000000 65535 f \n".encode()
        out += b"".join(f"{places[number]:010} 00000 n \n".encode() for number in sorted(places))
        out += f"trailer\n<</Size {len(places) + 1}/Root 1 0 R{trailer}>>\n".encode()
        return bytes(out + f"startxref\n{table if start is None else start}\n%%EOF\n".encode())

    def packed(self) -> bytes:
        """Return the file with an object stream and a cross-reference stream, which exist since PDF 1.5."""
        tree = self.tree()
        plain = {
            number: dictionary for number, (dictionary, stream) in tree.items() if stream is None
        }
        out, places = bytearray(b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n"), {}
        for number, (dictionary, stream) in tree.items():
            if stream is not None:
                places[number] = len(out)
                out += _object(number, dictionary, stream)
        packing, table = self._next, self._next + 1
        index, body = "", ""
        for number, dictionary in plain.items():
            index += f"{number} {len(body)} "
            body += dictionary + " "
        places[packing] = len(out)
        stream = zlib.compress((index + body).encode("latin-1"))
        head = f"<</Type/ObjStm/N {len(plain)}/First {len(index)}/Filter/FlateDecode"
        out += _object(packing, head, stream)
        places[table] = len(out)
        order = list(plain)
        rows = [struct.pack(">BIH", 0, 0, 65535)]
        for number in range(1, table + 1):
            if number in plain:
                rows.append(struct.pack(">BIH", 2, packing, order.index(number)))
            else:
                rows.append(struct.pack(">BIH", 1, places[number], 0))
        # The predictor that every producer sets: each row is stored as the difference from the row above.
        above, predicted = bytes(7), b""
        for entry in rows:
            predicted += b"\2" + bytes((new - old) % 256 for new, old in zip(entry, above))
            above = entry
        out += _object(
            table,
            f"<</Type/XRef/Size {table + 1}/W[1 4 2]/Root 1 0 R/Filter/FlateDecode"
            "/DecodeParms<</Predictor 12/Columns 7>>",
            zlib.compress(predicted),
        )
        return bytes(out + f"startxref\n{places[table]}\n%%EOF\n".encode())


def _object(number: int, dictionary: str, stream: bytes | None) -> bytes:
    head = f"{number} 0 obj\n".encode()
    if stream is None:
        return head + dictionary.encode("latin-1") + b"\nendobj\n"
    dictionary += f"/Length {len(stream)}>>"
    return head + dictionary.encode("latin-1") + b"\nstream\n" + stream + b"\nendstream\nendobj\n"


HELVETICA = "/F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/%s>>"
COURIER = "/F1<</Type/Font/Subtype/Type1/BaseFont/Courier/Encoding/WinAnsiEncoding>>"
WIDTH = 0.6  # width of a Courier character at size 1


def literal(text: str, codec: str = "cp1252") -> str:
    out = text.encode(codec).decode("latin-1")
    return "(" + out.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)") + ")"


def column(
    lines: Iterable[str], *, left: int = 60, top: int = 780, show: Callable[[str], str] = literal
) -> str:
    """Place each line below the previous one."""
    body = " T* ".join(f"{show(line)} Tj" for line in lines)
    return f"BT /F1 11 Tf 16 TL {left} {top} Td {body} ET\n"


def simple(lines: Sequence[str], **options: str) -> File:
    """Return a one-page file in Helvetica, uncompressed."""
    file = File()
    content = column(lines).encode("latin-1")
    file.page(file.add("<<", content), HELVETICA % "WinAnsiEncoding", **options)
    return file


class Glyphs:
    """A font with two-byte glyph numbers that only its ``ToUnicode`` table maps to characters."""

    def __init__(self, texts: Iterable[str], *, ligatures: Sequence[str] = ()) -> None:
        self.ligatures = ligatures
        joined = "".join(texts)
        known = [*ligatures, *sorted(set(joined))]
        self.numbers = {glyph: number for number, glyph in enumerate(known, start=3)}

    def show(self, text: str) -> str:
        out = ""
        while text:
            glyph = next((each for each in self.ligatures if text.startswith(each)), text[0])
            out += f"{self.numbers[glyph]:04X}"
            text = text[len(glyph) :]
        return f"<{out}>"

    def cmap(self, *, ranges: bool = False) -> bytes:
        pairs = [
            (number, glyph.encode("utf-16-be").hex().upper())
            for glyph, number in self.numbers.items()
        ]
        head = (
            "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /Adobe-Identity-UCS def "
            "/CMapType 2 def 1 begincodespacerange <0000> <FFFF> endcodespacerange\n"
        )
        if ranges:
            texts = " ".join(f"<{text}>" for _, text in pairs)
            body = f"1 beginbfrange <{pairs[0][0]:04X}> <{pairs[-1][0]:04X}> [{texts}] endbfrange\n"
        else:
            # At most 100 per section, as the format requires.
            body = ""
            for start in range(0, len(pairs), 100):
                part = pairs[start : start + 100]
                body += (
                    f"{len(part)} beginbfchar\n"
                    + "".join(f"<{n:04X}> <{text}>\n" for n, text in part)
                    + "endbfchar\n"
                )
        return (
            head + body + "endcmap CMapName currentdict /CMap defineresource pop end end"
        ).encode()

    def font(self, file: File, *, ranges: bool = False) -> str:
        unicode = file.deflated(self.cmap(ranges=ranges))
        return (
            "/F1<</Type/Font/Subtype/Type0/BaseFont/ABCDEF+Subset/Encoding/Identity-H/DescendantFonts[<</Type/Font"
            "/Subtype/CIDFontType2/BaseFont/ABCDEF+Subset/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)"
            f"/Supplement 0>>/DW 600/FontDescriptor<</Type/FontDescriptor/FontName/ABCDEF+Subset/Flags 4/Ascent 800"
            f"/Descent -200/CapHeight 700/ItalicAngle 0/StemV 80/FontBBox[0 -200 1000 800]>>>>]"
            f"/ToUnicode {unicode} 0 R>>"
        )


def case(
    name: str,
    language: str,
    feature: str,
    content: bytes,
    *extra: str,
    producer: str,
    forbidden: tuple[str, ...] = (),
    outcome: Outcome = "read",
    instead: Sequence[str] | None = None,
) -> Resume:
    """Return a resume; ``instead`` replaces the lines of the language."""
    words = shown(*(LINES[language] if instead is None else instead), *extra)
    return Resume(
        name=f"pdf-{name}",
        kind=PDF,
        producer=producer,
        language=language,
        feature=feature,
        content=content,
        words=words,
        feature_words=tuple(word for word in words if word not in shown(*LINES[language])),
        forbidden=forbidden,
        outcome=outcome,
    )


def resumes() -> Iterator[Resume]:
    yield from _fonts()
    yield from _layouts()
    yield from _structures()
    yield from _rarities()
    yield from _damaged()


def _fonts() -> Iterator[Resume]:
    info = "/Info<</Title(Metatitle)/Author(Metacreator)>>"
    yield case(
        "standard-font",
        "fr",
        "standard font, Windows encoding",
        simple(LINES["fr"]).written(trailer=info),
        producer="a PHP exporter",
        forbidden=("Metatitle", "Metacreator"),
    )
    mac = File()
    body = column(LINES["de"], show=lambda line: literal(line, "mac_roman")).encode("latin-1")
    mac.page(mac.deflated(body), HELVETICA % "MacRomanEncoding")
    yield case("mac-roman", "de", "standard font, Mac encoding", mac.written(), producer="Quartz")
    names = dict(
        zip(
            "ąćęłńóśźżŻĆŹŁ",
            [
                "aogonek",
                "cacute",
                "eogonek",
                "lslash",
                "nacute",
                "oacute",
                "sacute",
                "zacute",
                "zdotaccent",
                "Zdotaccent",
                "Cacute",
                "Zacute",
                "Lslash",
            ],
        )
    )
    codes = {letter: 128 + number for number, letter in enumerate(names)}
    differing = File()
    body = column(
        LINES["pl"],
        show=lambda line: literal("".join(chr(codes.get(c, ord(c))) for c in line), "latin-1"),
    ).encode("latin-1")
    encoding = f"<</Type/Encoding/BaseEncoding/WinAnsiEncoding/Differences[128 /{'/'.join(names.values())}]>>"
    differing.page(
        differing.deflated(body),
        f"/F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding{encoding}>>",
    )
    yield case("differences", "pl", "glyphs by name", differing.written(), producer="LaTeX")
    for language, producer, ranges in (
        ("ru", "Word", False),
        ("el", "LibreOffice", True),
        ("ja", "Word", False),
        ("cs", "Canva", True),
    ):
        yield case(
            f"to-unicode-{language}",
            language,
            "glyph numbers explained by a table" + (" of ranges" if ranges else ""),
            _by_glyphs(LINES[language], ranges=ranges),
            producer=producer,
        )
    office = ("Efficient officer", "Workflow affinity", *LINES["en"])
    yield case(
        "ligatures",
        "en",
        "ligatures as one glyph",
        _by_glyphs(office, ligatures=("ffi", "fi", "fl", "ff")),
        producer="InDesign",
        instead=office,
    )
    composed = ("E\ufb03cient o\ufb03cer", "Work\ufb02ow", *LINES["en"])
    yield case(
        "ligature-characters",
        "en",
        "ligatures as characters of their own",
        _by_glyphs(composed),
        producer="LaTeX",
        instead=("Efficient officer", "Workflow", *LINES["en"]),
    )
    japanese = File()
    body = column(LINES["ja"], show=lambda line: f"<{line.encode('utf-16-be').hex()}>").encode()
    japanese.page(
        japanese.deflated(body),
        "/F1<</Type/Font/Subtype/Type0/BaseFont/HeiseiMin-W3/Encoding/UniJIS-UTF16-H/DescendantFonts[<</Type/Font"
        "/Subtype/CIDFontType0/BaseFont/HeiseiMin-W3/CIDSystemInfo<</Registry(Adobe)/Ordering(Japan1)/Supplement 2>>"
        "/DW 1000>>]>>",
    )
    yield case(
        "predefined-map",
        "ja",
        "a map that every reader knows",
        japanese.written(),
        producer="ReportLab",
    )


def _by_glyphs(
    lines: Sequence[str], *, ranges: bool = False, ligatures: Sequence[str] = ()
) -> bytes:
    file, glyphs = File(), Glyphs(lines, ligatures=ligatures)
    file.page(
        file.deflated(column(lines, show=glyphs.show).encode()), glyphs.font(file, ranges=ranges)
    )
    return file.packed() if ranges else file.written()


def _layouts() -> Iterator[Resume]:
    kerned = File()
    lines = []
    for line in LINES["sv"]:
        # Words are separated by a number for the gap, never by a space.
        parts = " -600 ".join(
            f"{literal(word[:2])} 12 {literal(word[2:])}" for word in line.split()
        )
        lines.append(f"[{parts}] TJ")
    kerned.page(
        kerned.deflated(f"BT /F1 11 Tf 16 TL 60 780 Td {' T* '.join(lines)} ET".encode("latin-1")),
        COURIER,
    )
    yield case(
        "gaps",
        "sv",
        "gaps instead of spaces, kerning inside words",
        kerned.written(),
        producer="LaTeX",
    )

    placed = File()
    body = "BT /F1 10 Tf\n"
    for number, line in enumerate(LINES["es"]):
        left = 50.0
        for word in line.split():
            body += f"1 0 0 1 {left:.2f} {780 - 15 * number} Tm {literal(word)} Tj\n"
            left += (len(word) + 1) * 10 * WIDTH
    placed.page(placed.deflated((body + "ET").encode("latin-1")), COURIER)
    yield case(
        "placed-words", "es", "each word placed by itself", placed.written(), producer="Chromium"
    )

    columns = File()
    side = ("Sprachen", "Deutsch", "Sorbisch", "Ehrenamt", "Feuerwehr", "Chorleitung")
    body = column(side, left=30) + column(LINES["de"], left=180)
    columns.page(columns.deflated(body.encode("latin-1")), HELVETICA % "WinAnsiEncoding")
    yield case(
        "two-columns",
        "de",
        "two columns",
        columns.written(),
        producer="Canva",
        instead=(*side, *LINES["de"]),
    )

    rows = File()
    body = "".join(
        f"BT /F1 9 Tf 1 0 0 1 30 {780 - 20 * n} Tm {literal(a)} Tj 1 0 0 1 150 {780 - 20 * n} Tm {literal(b)} Tj ET\n"
        for n, (a, b) in enumerate(zip(side, LINES["de"]))
    )
    rows.page(rows.deflated(body.encode("latin-1")), COURIER)
    yield case(
        "table",
        "de",
        "cells side by side",
        rows.written(),
        producer="Word",
        instead=(*side, *LINES["de"]),
    )

    softly = ("Beauf\u00ad", "tragte der Handwerks\u00ad", "kammer Senftenberg", *LINES["de"])
    yield case(
        "soft-hyphens",
        "de",
        "words divided at the end of a line by soft hyphens",
        _by_glyphs(softly),
        producer="Word",
        instead=("Beauftragte der Handwerkskammer Senftenberg", *LINES["de"]),
    )
    turned = simple(LINES["fr"])
    number = turned.pages[0]
    dictionary, _ = turned.objects[number]
    turned.objects[number] = (dictionary.replace("/Type/Page/", "/Type/Page/Rotate 90/"), None)
    yield case(
        "rotated", "fr", "a page on its side", turned.written(), producer="a scanner's software"
    )


def _structures() -> Iterator[Resume]:
    yield case(
        "object-streams",
        "sv",
        "objects and their table in streams",
        simple(LINES["sv"]).packed(),
        producer="Word",
    )
    ascii85 = File()
    body = base64.a85encode(zlib.compress(column(LINES["es"]).encode("latin-1"))) + b"~>"
    ascii85.page(
        ascii85.add("<</Filter[/ASCII85Decode/FlateDecode]", body), HELVETICA % "WinAnsiEncoding"
    )
    yield case(
        "ascii85", "es", "two filters one after the other", ascii85.written(), producer="ReportLab"
    )

    formed = File()
    form = formed.deflated(
        column(LINES["en"]).encode(),
        "/Type/XObject/Subtype/Form/BBox[0 0 595 842]/Resources<</Font<<"
        + HELVETICA % "WinAnsiEncoding"
        + ">>>>",
    )
    formed.page(formed.add("<<", b"q /X1 Do Q"), "", f"/XObject<</X1 {form} 0 R>>")
    yield case(
        "form-object",
        "en",
        "the page is drawn by an object",
        formed.written(),
        producer="Ghostscript",
    )

    parts = File()
    body = column(LINES["fr"]).encode("latin-1")
    middle = body.index(b" T* ") + 1
    arrays = f"[{parts.deflated(body[:middle])} 0 R {parts.deflated(body[middle:])} 0 R]"
    parts.page(arrays, HELVETICA % "WinAnsiEncoding")
    yield case(
        "split-contents", "fr", "one text in two content streams", parts.written(), producer="iText"
    )

    updated = File()
    old = updated.add("<<", column(("Supersededword", *LINES["en"])).encode())
    updated.page(old, HELVETICA % "WinAnsiEncoding")
    base = updated.written()
    fresh = _object(old, "<<", column((*LINES["en"], "Replacement")).encode())
    size = len(updated.tree()) + 1
    update = (
        fresh
        + (
            f"xref\n0 1\n0000000000 65535 f \n{old} 1\n{len(base):010} 00000 n \ntrailer\n"
            f"<</Size {size}/Root 1 0 R/Prev {base.rindex(b'xref', 0, base.rindex(b'startxref'))}>>\n"
            f"startxref\n{len(base) + len(fresh)}\n%%EOF\n"
        ).encode()
    )
    yield case(
        "updated",
        "en",
        "a page replaced by an update",
        base + update,
        "Replacement",
        producer="Acrobat",
        forbidden=("Supersededword",),
    )
    yield case(
        "encrypted",
        "de",
        "encrypted without a password",
        _encrypted(simple(LINES["de"])),
        producer="Acrobat",
    )
    yield case(
        "password",
        "de",
        "encrypted with a password",
        _encrypted(simple(LINES["de"]), b"geheim"),
        producer="Acrobat",
        outcome="refused",
        instead=(),
    )
    scanned = File()
    image = scanned.deflated(
        bytes(8 * 8),
        "/Type/XObject/Subtype/Image/Width 8/Height 8/ColorSpace/DeviceGray/BitsPerComponent 8",
    )
    scanned.page(
        scanned.add("<<", b"q 500 0 0 700 40 60 cm /I1 Do Q"), "", f"/XObject<</I1 {image} 0 R>>"
    )
    yield case(
        "scan",
        "en",
        "a picture and no text",
        scanned.written(),
        producer="a scanner's software",
        outcome="empty",
        instead=(),
    )
    layered = File()
    image = layered.deflated(
        bytes(8 * 8),
        "/Type/XObject/Subtype/Image/Width 8/Height 8/ColorSpace/DeviceGray/BitsPerComponent 8",
    )
    hidden = "q 500 0 0 700 40 60 cm /I1 Do Q\n" + column(LINES["en"]).replace("Tf", "Tf 3 Tr")
    layered.page(
        layered.add("<<", hidden.encode()),
        HELVETICA % "WinAnsiEncoding",
        f"/XObject<</I1 {image} 0 R>>",
    )
    yield case(
        "scan-with-text",
        "en",
        "a picture over invisible recognised text",
        layered.written(),
        producer="ABBYY FineReader",
    )


def _encrypted(file: File, password: bytes = b"") -> bytes:
    """Encrypt the file with 128-bit RC4 (revision 3) and this user password."""
    padding = bytes.fromhex("28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A")
    identity, rights = hashlib.md5(b"resume").digest(), -3904

    def fixed(secret: bytes) -> bytes:
        return (secret + padding)[:32]

    def stretched(start: bytes) -> bytes:
        digest = hashlib.md5(start).digest()
        for _ in range(50):
            digest = hashlib.md5(digest).digest()
        return digest

    def twenty(key: bytes, content: bytes) -> bytes:
        for number in range(20):
            content = _rc4(bytes(byte ^ number for byte in key), content)
        return content

    owner = twenty(stretched(fixed(b"owner")), fixed(password))
    key = stretched(fixed(password) + owner + struct.pack("<i", rights) + identity)
    user = twenty(key, hashlib.md5(padding + identity).digest()) + bytes(16)

    def seal(number: int, content: bytes) -> bytes:
        return _rc4(hashlib.md5(key + struct.pack("<I", number)[:3] + b"\0\0").digest(), content)

    trailer = (
        f"/ID[<{identity.hex()}><{identity.hex()}>]/Encrypt<</Filter/Standard/V 2/R 3/Length 128/P {rights}"
        f"/O<{owner.hex()}>/U<{user.hex()}>>>"
    )
    return file.written(trailer=trailer, seal=seal)


def _rc4(key: bytes, content: bytes) -> bytes:
    state, j = list(range(256)), 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) % 256
        state[i], state[j] = state[j], state[i]
    out, i, j = bytearray(), 0, 0
    for byte in content:
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        out.append(byte ^ state[(state[i] + state[j]) % 256])
    return bytes(out)


def _rarities() -> Iterator[Resume]:
    inherited = File()
    bodies = [
        inherited.deflated(column(lines).encode("latin-1"))
        for lines in (LINES["sv"][:3], LINES["sv"][3:])
    ]
    resources = f"/Resources<</Font<<{HELVETICA % 'WinAnsiEncoding'}>>>>/MediaBox[0 0 595 842]"
    branch = inherited.add("")
    leaves = [
        inherited.add(f"<</Type/Page/Parent {branch} 0 R/Contents {body} 0 R>>") for body in bodies
    ]
    kids = " ".join(f"{leaf} 0 R" for leaf in leaves)
    inherited.objects[branch] = (
        f"<</Type/Pages/Parent 2 0 R/Kids[{kids}]/Count 2{resources}>>",
        None,
    )
    inherited.pages.append(branch)
    inherited.more_pages = 1
    yield case(
        "inherited",
        "sv",
        "fonts of a branch of the tree of pages",
        inherited.written(),
        producer="Quartz",
    )

    letters = File()
    body = "BT /F1 10 Tf\n"
    for number, line in enumerate(LINES["de"]):
        for place, letter in enumerate(line):
            if letter != " ":
                body += f"1 0 0 1 {40 + place * 10 * WIDTH:.2f} {780 - 15 * number} Tm {literal(letter)} Tj\n"
    letters.page(letters.deflated((body + "ET").encode("latin-1")), COURIER)
    yield case(
        "placed-letters",
        "de",
        "each letter placed by itself",
        letters.written(),
        producer="Illustrator",
    )

    spaced = File()
    body = column(LINES["es"]).replace("Tf", "Tf 1.5 Tc 2 Tw 90 Tz")
    spaced.page(spaced.deflated(body.encode("latin-1")), HELVETICA % "WinAnsiEncoding")
    yield case("letter-spacing", "es", "letters spaced out", spaced.written(), producer="Canva")

    inline = File()
    picture = b"q 9 0 0 9 9 9 cm BI /W 4 /H 4 /CS /G /BPC 8 ID \0(ET Q Tj) [\\x\0\0 EI Q\n"
    inline.page(
        inline.deflated(picture + column(LINES["fr"]).encode("latin-1")),
        HELVETICA % "WinAnsiEncoding",
    )
    yield case(
        "inline-picture", "fr", "a picture among the text", inline.written(), producer="Ghostscript"
    )

    drawn, letters3 = File(), sorted(set("".join(LINES["ru"])))
    glyph = drawn.add("<<", b"600 0 0 0 500 700 d1 0 0 500 700 re f")
    table = Glyphs(LINES["ru"])
    table.numbers = {letter: number for number, letter in enumerate(letters3, start=33)}
    unicode = drawn.deflated(
        table.cmap().replace(b"<0000> <FFFF>", b"<00> <FF>").replace(b"\n<00", b"\n<")
    )
    font = (
        "/F1<</Type/Font/Subtype/Type3/FontBBox[0 0 600 800]/FontMatrix[.001 0 0 .001 0 0]/CharProcs<<"
        + "".join(f"/g{number} {glyph} 0 R" for number in table.numbers.values())
        + f">>/Encoding<</Differences[33 {' '.join(f'/g{number}' for number in table.numbers.values())}]>>"
        + f"/FirstChar 33/LastChar {32 + len(letters3)}/Widths[{'600 ' * len(letters3)}]/ToUnicode {unicode} 0 R>>"
    )
    body = column(
        LINES["ru"], show=lambda line: f"<{''.join(f'{table.numbers[c]:02X}' for c in line)}>"
    )
    drawn.page(drawn.deflated(body.encode()), font)
    yield case("type3", "ru", "letters drawn by the file itself", drawn.written(), producer="LaTeX")

    filled = simple(LINES["en"])
    look = filled.deflated(
        b"/Tx BMC q BT /F1 11 Tf 2 5 Td (Lighthouse) Tj ET Q EMC",
        f"/Type/XObject/Subtype/Form/BBox[0 0 200 20]/Resources<</Font<<{HELVETICA % 'WinAnsiEncoding'}>>>>",
    )
    widget = filled.add(
        "<</Type/Annot/Subtype/Widget/FT/Tx/T(Fieldname)/V(Lighthouse)/Rect[60 400 260 420]/F 4/DA(/F1 11 Tf)"
        f"/AP<</N {look} 0 R>>>>"
    )
    page = filled.pages[0]
    filled.objects[page] = (
        filled.objects[page][0].removesuffix(">>") + f"/Annots[{widget} 0 R]>>",
        None,
    )
    filled.catalogue = f"/AcroForm<</Fields[{widget} 0 R]>>"
    yield case(
        "form",
        "en",
        "a form that was filled in",
        filled.written(),
        "Lighthouse",
        producer="Acrobat",
        forbidden=("Fieldname",),
    )


def _damaged() -> Iterator[Resume]:
    font = HELVETICA % "WinAnsiEncoding"

    def three() -> File:
        file = File()
        for lines in (LINES["en"][:3], ("Lostpage",), LINES["en"][3:]):
            file.page(file.deflated(column(lines).encode()), font)
        return file

    flawed = three()
    content = flawed.pages[1] - 1
    flawed.objects[content] = (flawed.objects[content][0], b"\x78\x9c" + bytes(range(255, 155, -1)))
    yield case(
        "damaged-stream",
        "en",
        "one of three pages cannot be unpacked",
        flawed.written(),
        producer="a mail gateway",
    )
    flawed = three()
    flawed.objects[flawed.pages[1]] = (
        "<</Type/Page/Parent 2 0 R/Contents[null 99 0 R (no)]/Resources 5>>",
        None,
    )
    yield case(
        "damaged-page",
        "en",
        "one of three pages makes no sense",
        flawed.written(),
        producer="a mail gateway",
    )
    flawed = three()
    flawed.objects[flawed.pages[1]] = (
        f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents {content} 0 R/Resources<</Font<</F1<</Type/Font"
        "/Subtype/Type0/Encoding 7/DescendantFonts[]/ToUnicode 1 0 R>>>>>>>>",
        None,
    )
    yield case(
        "damaged-font",
        "en",
        "the font of one of three pages makes no sense",
        flawed.written(),
        producer="a mail gateway",
    )
    yield case(
        "wrong-table",
        "fr",
        "the table is elsewhere",
        simple(LINES["fr"]).written(start=17),
        producer="a mail gateway",
    )
    whole = simple(LINES["es"]).written()
    trailer = whole[whole.rindex(b"trailer") : whole.rindex(b"startxref")]
    yield case(
        "no-table",
        "es",
        "the table is missing",
        whole[: whole.rindex(b"xref\n0")] + trailer,
        producer="a mail gateway",
    )
    yield case(
        "late-start",
        "sv",
        "blank lines before the file",
        simple(LINES["sv"]).written(head=b"\r\n\r\n"),
        producer="a PHP exporter",
    )
    yield case(
        "wrong-length",
        "en",
        "streams say a wrong length",
        _unsized(simple(LINES["en"])),
        producer="a text editor",
    )
    yield case(
        "noise",
        "en",
        "noise after the first line",
        b"%PDF-1.4\n" + bytes(range(256)) * 4,
        producer="a bad disk",
        outcome="failed",
        instead=(),
    )


def _unsized(file: File) -> bytes:
    whole = file.written()
    at = whole.index(b"/Length ") + len(b"/Length ")
    end = whole.index(b">>", at)
    return whole[:at] + b"7".ljust(end - at) + whole[end:]
