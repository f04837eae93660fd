"""Parts of Word and ODT files are judged by content, not by name; ordinary files are accepted."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from fakes.pictures import png
from fakes.resumes import opendocument, word
from fakes.resumes.archives import zipped
from fakes.resumes.compound import compound

from jemmo.files import parts
from jemmo.files.inspection import inspect
from jemmo.files.kinds import DOCX, ODT
from jemmo.files.verdict import Refused
from jemmo.sandbox.files import pdf

WORD_BODY, ODT_BODY = word.lines("en"), opendocument.lines("en")
LIMIT = 20 * 1024 * 1024
OLE = compound({"Contents": b"x"})
PROGRAM = b"MZ\x90\x00" + b"\x00" * 60 + b"PE\x00\x00" + b"\x00" * 500
MICROSOFT = "http://schemas.microsoft.com/office/2006/relationships"
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
CODE = '<w:r><w:fldChar w:fldCharType="begin"/></w:r>'
EXTERNAL = (
    f'<Relationships xmlns="{word.RELATIONS}">'
    f'<Relationship Id="r" Type="{word.OFFICE}/%s" Target="%s" TargetMode="External"/></Relationships>'
)


def verdict(content: bytes) -> str:
    try:
        return inspect(content, max_bytes=LIMIT)
    except Refused as refused:
        return refused.code


def docx(
    *targets: tuple[str, str],
    body: Any = WORD_BODY,
    types: Any = "",
    **others: Any,
) -> bytes:
    """Return a Word file; ``others`` are parts by path, to which ``targets`` refer."""
    made = word.package(word.document(body), targets=(("styles", "styles.xml"), *targets))
    made["[Content_Types].xml"] = str(made["[Content_Types].xml"]).replace(
        "</Types>", f"{types}</Types>"
    )
    return zipped({**made, **others})


def external(kind: str, target: str) -> bytes:
    return docx(**{"word/_rels/settings.xml.rels": EXTERNAL % (kind, target)})


def workbook(*targets: tuple[str, str], kind: Any = SHEET, **others: Any) -> bytes:
    return zipped(
        {
            "[Content_Types].xml": f'<Types><Override PartName="/xl/workbook.xml" ContentType="{kind}"/></Types>',
            "_rels/.rels": word.relations(("officeDocument", "xl/workbook.xml")),
            "xl/workbook.xml": "<workbook/>",
            "xl/_rels/workbook.xml.rels": word.relations(*targets),
            **others,
        }
    )


def chart(figures: bytes, name: str = "Microsoft_Excel_Worksheet.xlsx") -> bytes:
    return docx(
        ("chart", "charts/chart1.xml"),
        **{
            "word/charts/chart1.xml": "<c:chartSpace xmlns:c='c'/>",
            "word/charts/_rels/chart1.xml.rels": word.relations(
                ("package", f"../embeddings/{name}")
            ),
            f"word/embeddings/{name}": figures,
        },
    )


def dde(*pieces: str) -> str:
    runs = "".join(f"<w:r><w:instrText>{piece}</w:instrText></w:r>" for piece in pieces)
    return f"<w:p>{CODE}{runs}</w:p>"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (docx(("oleObject", "embeddings/a.bin"), **{"word/embeddings/a.bin": OLE}), "embedded"),
        (docx(**{"word/embeddings/a.bin": OLE}), "embedded"),
        (docx(("oleObject", "media/image1.bin"), **{"word/media/image1.bin": b"x"}), "embedded"),
        (docx(("control", "a.xml"), **{"word/a.xml": "<a/>"}), "embedded"),
        (chart(OLE, "Microsoft_Excel_Sheet.xls"), "embedded"),
        (docx(**{"word/media/evil.exe": PROGRAM}), "embedded"),
        (docx(**{"word/media/image1.png": PROGRAM}), "embedded"),
        (docx(**{"word/fonts/font1.odttf": PROGRAM}), "embedded"),
        (docx(**{"word/media/image1.png": b"\x7fELF" + bytes(99)}), "embedded"),
        (docx(**{"word/media/image1.png": zipped({"a": "b"})}), "embedded"),
        (docx(**{"word/media/image1.pdf": pdf("x") + b"\n<< /S /Launch >>"}), "embedded"),
        (
            docx(("aFChunk", "a.rtf"), **{"word/a.rtf": rb"{\rtf1 {\object\objdata 01}}"}),
            "embedded",
        ),
        (docx(("aFChunk", "a.htm"), **{"word/a.htm": b" \n{\\rt1 {\\objdata 01}}"}), "embedded"),
        (docx(("aFChunk", "a.mht"), **{"word/a.mht": b"MIME\nQWN0aXZlTWltZQAAAf"}), "embedded"),
        (docx(**{"word/a.txt": rb"{\rtf1 {\object\objdata 01}}"}), "embedded"),
        (docx(("package", "a.docx"), **{"word/a.xlsx": docx()}), "embedded"),
        (chart(docx()), "embedded"),
        (chart(workbook(**{"xl/embeddings/a": OLE})), "embedded"),
        (chart(workbook(("oleObject", "a"), **{"xl/a": "x"})), "embedded"),
        (chart(workbook(("package", "a"), **{"xl/a": workbook()})), "embedded"),
        (chart(workbook(**{"xl/externalLinks/a.xml": "<ddeLink ddeService='cmd'/>"})), "embedded"),
        (chart(workbook(kind="application/vnd.ms-excel.sheet.macroEnabled.main+xml")), "macros"),
        (chart(workbook(**{"xl/a": bytes(9_000_000)})), "archive_bomb"),
        (external("attachedTemplate", "https://evil.example.com/a.dotm"), "embedded"),
        (external("attachedTemplate", r"\\evil.example.com\a.dotm"), "embedded"),
        (external("attachedTemplate", "file://evil.example.com/a.dotm"), "embedded"),
        (external("attachedTemplate", r"file:///\\evil.example.com\a.dotm"), "embedded"),
        (external("attachedTemplate", "mhtml:https://evil.example.com/a"), "embedded"),
        (external("oleObject", "https://evil.example.com/a.html!"), "embedded"),
        (external("aFChunk", "https://evil.example.com/a.htm"), "embedded"),
        (external("frame", "https://evil.example.com/a.htm"), "embedded"),
        (external("image", "file://evil.example.com/a.png"), "embedded"),
        (docx(body=dde("DDEAUTO c:\\\\windows\\\\system32\\\\cmd.exe")), "embedded"),
        (docx(body=dde("INCLUDEPICTURE \\\\\\\\files.example\\\\x.png \\d")), "embedded"),
        (docx(body=dde("INCLUDETEXT file://files.example/x.docx")), "embedded"),
        (docx(body=dde(' "DD', "EAU", "&#84;O cmd")), "embedded"),
        (docx(body='<w:p><w:fldSimple w:instr=" dde cmd "/></w:p>'), "embedded"),
        (
            docx(
                **{
                    "word/glossary/a.xml": word.document(dde("DDEAUTO cmd"))
                    .replace("UTF-8", "UTF-16")
                    .encode("utf-16")
                }
            ),
            "embedded",
        ),
    ],
)
def test_a_word_file_with_another_file_or_program_is_refused(content: bytes, code: str) -> None:
    assert verdict(content) == code


LONG = "".join(f" {number}" for number in range(200_000))
VBA = '<Override PartName="/word/a.bin" ContentType="application/vnd.ms-office.vbaProject"/>'
PLAIN = docx(types=VBA, **{"word/a.bin": "x"})


def retold(change: Callable[[str], bytes]) -> bytes:
    with zipfile.ZipFile(io.BytesIO(PLAIN)) as archive:
        read: dict[str, str | bytes] = {name: archive.read(name) for name in archive.namelist()}
        read["[Content_Types].xml"] = change(archive.read("[Content_Types].xml").decode())
    return zipped(read)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (PLAIN, "macros"),
        (retold(lambda types: types.replace("UTF-8", "UTF-16").encode("utf-16")), "macros"),
        (
            retold(lambda types: types.replace("<Types", f"<!--{'x' * 300_000}--><Types").encode()),
            "macros",
        ),
        (retold(lambda types: types.replace("vbaProject", "vba&#80;roject").encode()), "macros"),
        (
            retold(lambda types: types.replace("<Types", f"<!--{LONG}--><Types").encode()),
            "broken",
        ),
        (retold(lambda types: types.encode()[:-9]), "broken"),
        (docx(**{"word/_rels/document.xml.rels": "<Relationships>"}), "broken"),
        (
            docx(
                **{
                    "word/a": OLE,
                    "word/_rels/document.xml.rels": f'<R><R Type="{MICROSOFT}/vbaProject" Target="a"/></R>',
                }
            ),
            "macros",
        ),
        (
            docx(**{"word/a": "x", r"word\_RELS\b.xml.RELS": word.relations(("oleObject", "a"))}),
            "embedded",
        ),
    ],
)
def test_lists_of_parts_are_understood_or_refused(content: bytes, code: str) -> None:
    assert verdict(content) == code


SCRAMBLED = bytes(range(7, 39)) + b"font"


@pytest.mark.parametrize(
    "content",
    [
        docx(("font", "fonts/font1.odttf"), **{"word/fonts/font1.odttf": SCRAMBLED}),
        docx(("font", "fonts/font1.odttf"), **{"word/fonts/font1.odttf": b"MZ" + SCRAMBLED}),
        docx(
            ("image", "media/image1.png"),
            **{
                "word/media/image1.png": png(),
                "word/media/image2.jpeg": b"\xff\xd8\xff\xe0" + bytes(99),
                "word/media/image3.emf": struct.pack("<II", 1, 88)
                + bytes(32)
                + b" EMF"
                + bytes(60),
                "word/media/image4.wmf": b"\xd7\xcd\xc6\x9a" + bytes(99),
                "word/media/image5.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>",
                "word/media/image6.emz": b"\x1f\x8b\x08" + bytes(99),
                "word/media/image7.pdf": pdf("x"),  # as stored by Word for Mac
                "word/media/image8.gif": b"GIF89a" + bytes(99),
                "word/media/image9.tiff": b"II*\x00" + bytes(99),
                "docProps/thumbnail.emf": struct.pack("<II", 1, 88) + bytes(99),
            },
        ),
        docx(("hyperlink", "https://example.com/ada"), ("hyperlink", "mailto:ada@example.com")),
        external("hyperlink", "https://example.com/ada"),
        external("image", "https://example.com/photo.png"),
        external("image", "file:///C:/Users/Ada/photo.png"),
        external(
            "attachedTemplate",
            r"file:///C:\Users\Ada\AppData\Roaming\Microsoft\Templates\Resume.dotx",
        ),
        external("attachedTemplate", "file:///C:/Program%20Files/Templates/1033/Resume.dotx"),
        external("attachedTemplate", "file://localhost/Users/ada/Resume.dotx"),
        external("attachedTemplate", "file:///Users/ada/Resume.dotx"),
        external("attachedTemplate", "Resume.dotx"),
        chart(workbook()),
        chart(workbook(("theme", "theme/theme1.xml"), **{"xl/theme/theme1.xml": "<a/>"})),
        docx(
            ("theme", "theme/theme1.xml"),
            ("customXml", "../customXml/item1.xml"),
            ("chartUserShapes", "gone.xml"),
            **{
                "word/theme/theme1.xml": "<a:theme xmlns:a='a'/>",
                "customXml/item1.xml": "<b:Sources xmlns:b='b'/>",
                "customXml/_rels/item1.xml.rels": word.relations(
                    ("customXmlProps", "itemProps1.xml")
                ),
                "customXml/itemProps1.xml": "<ds:datastoreItem xmlns:ds='ds'/>",
                "word/webextensions/taskpanes.xml": "<wetp:taskpanes xmlns:wetp='w'/>",
                "word/customizations.xml": "<wne:tcg xmlns:wne='w'/>",
            },
        ),
        docx(
            types='<Default Extension="bin" ContentType="application/vnd.openxmlformats-officedocument.oleObject"/>'
        ),
        docx(("aFChunk", "a.rtf"), **{"word/a.rtf": rb"{\rtf1 Ada}"}),
        docx(("aFChunk", "a.htm"), **{"word/a.htm": "<html><p>Ada</p></html>"}),
        docx(
            body=dde('HYPERLINK "https://example.com"')
            + dde(" PAGE ")
            + word.said("DDEAUTO, DDE and OLE")
        ),
        docx(body=dde(' MERGEFIELD "ADDED" ')),
        docx(body=dde("INCLUDEPICTURE https://example.com/photo.png \\d")),
    ],
)
def test_an_ordinary_word_file_is_accepted(content: bytes) -> None:
    assert verdict(content) == DOCX


def odt(body: Any = ODT_BODY, **others: Any) -> bytes:
    return zipped({**opendocument.package(body), **others}, stored=("mimetype",))


LINK = "xmlns:draw='d' xmlns:script='s' xmlns:xlink='http://www.w3.org/1999/xlink'"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (odt(**{"Object 1": OLE}), "embedded"),
        (odt(**{"Pictures/1.png": PROGRAM}), "embedded"),
        (odt(**{"Object 1": zipped({"a": "b"})}), "embedded"),
        (odt(f"<text:p {LINK}><draw:object-ole xlink:href='./Object 1'/></text:p>"), "embedded"),
        (
            odt(
                f"<text:p {LINK}><draw:object xlink:href='https://evil.example.com/a.odt'/></text:p>"
            ),
            "embedded",
        ),
        (
            odt(
                f"<text:p {LINK}><draw:floating-frame xlink:href='https://evil.example.com/'/></text:p>"
            ),
            "embedded",
        ),
        (odt(f"<text:p {LINK}><script:event-listener xlink:href='x'/></text:p>"), "macros"),
        (
            odt(
                f"<text:p {LINK}><text:a xlink:href='vnd.sun.star.&#115;cript:a.py'>a</text:a></text:p>"
            ),
            "macros",
        ),
        (odt(**{"Basic/script-lc.xml": b"<a/>"}), "macros"),
    ],
)
def test_an_odt_with_another_file_or_program_is_refused(content: bytes, code: str) -> None:
    assert verdict(content) == code


@pytest.mark.parametrize(
    "content",
    [
        odt(),
        odt(
            **{
                "Pictures/1.png": png(),
                "Thumbnails/thumbnail.png": png(),
                "layout-cache": b"\x01\x02",
            }
        ),
        odt(
            f"<text:p {LINK}><draw:object xlink:href='./Object 1'/></text:p>",
            **{
                "Object 1/content.xml": b"<office:chart xmlns:office='o'/>",
                "ObjectReplacements/Object 1": b"VCLMTF",
            },
        ),
        odt(**{"Fonts/font1.ttf": b"\x00\x01\x00\x00" + bytes(99)}),
        odt(f"<text:p {LINK}><text:a xlink:href='https://example.com'>Ada</text:a></text:p>"),
        odt(
            **{
                "META-INF/a.xml": b'<!DOCTYPE m PUBLIC "-//OpenOffice.org//DTD Manifest 1.0//EN" "Manifest.dtd"><m/>'
            }
        ),
    ],
)
def test_an_ordinary_odt_is_accepted(content: bytes) -> None:
    assert verdict(content) == ODT


def test_lists_of_relations_have_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "MAX_LISTINGS", 100)
    assert verdict(docx()) == "archive_bomb"
