"""Word files: all visible text in document order, and no deleted text."""

from __future__ import annotations

import io
import zipfile

import pytest

from jemmo.files.extract import words
from jemmo.files.inspection import inspect
from jemmo.files.kinds import DOCX
from jemmo.files.verdict import Refused

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/wordprocessingml/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STRICT_RELATIONS = "http://purl.oclc.org/ooxml/officeDocument/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
MC = "http://schemas.openxmlformats.org/markup-compatibility/2006"
MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"


def run(text: str) -> str:
    return f'<w:r><w:t xml:space="preserve">{text}</w:t></w:r>'


def p(*inside: str) -> str:
    return f"<w:p>{''.join(inside)}</w:p>"


def relations(*pairs: tuple[str, str], base: str = RELATIONS) -> str:
    listed = "".join(
        f'<Relationship Id="r{number}" Type="{base}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(pairs)
    )
    return f'<Relationships xmlns="{PACKAGE}">{listed}</Relationships>'


def part(body: str, root: str = "document", word: str = W) -> str:
    return (
        f'<w:{root} xmlns:w="{word}" xmlns:r="{RELATIONS}" xmlns:mc="{MC}" xmlns:v="urn:v" xmlns:wps="urn:wps" '
        f'xmlns:a="urn:a" xmlns:c="urn:c">{body}</w:{root}>'
    )


def package(
    body: str,
    *,
    name: str = "word/document.xml",
    base: str = RELATIONS,
    word: str = W,
    related: tuple[tuple[str, str], ...] = (),
    parts: dict[str, str | bytes] | None = None,
) -> bytes:
    folder, _, file = name.rpartition("/")
    kinds = f'<Types xmlns="x"><Override PartName="/{name}" ContentType="{MAIN}"/></Types>'
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("[Content_Types].xml", kinds)
        archive.writestr("_rels/.rels", relations(("officeDocument", name), base=base))
        archive.writestr(name, part(f"<w:body>{body}</w:body>", word=word))
        archive.writestr(f"{folder}/_rels/{file}.rels", relations(*related, base=base))
        for entry, content in (parts or {}).items():
            archive.writestr(entry, content)
    return buffer.getvalue()


def text(body: str) -> str:
    return words(package(body), DOCX)


BOX = f"<w:txbxContent>{p(run('In'), run('side'))}{p(run('box'))}</w:txbxContent>"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (p(run("Dé"), run("veloppeuse")), "Développeuse"),
        (f"<w:sdt><w:sdtContent>{p(run('Ada'))}</w:sdtContent></w:sdt>", "Ada"),
        (p("<w:sdt><w:sdtContent>", run("Ada"), "</w:sdtContent></w:sdt>"), "Ada"),
        (p("<w:ins>", run("kept"), "</w:ins><w:del><w:r><w:delText>x</w:delText></w:r></w:del>"), "kept"),
        (p("<w:del>", run("gone"), "</w:del>", run("left")), "left"),
        (p("<w:moveFrom>", run("twice"), "</w:moveFrom>") + p("<w:moveTo>", run("once"), "</w:moveTo>"), "once"),
        (p("<w:pPr><w:rPr><w:del/></w:rPr></w:pPr>", run("Curri")) + p(run("culum")), "Curriculum"),
        (p(run("a"), "<w:r><w:tab/></w:r>", run("b"), "<w:r><w:br/></w:r>", run("c")), "a b\nc"),
        (p("<w:pPr><w:tabs><w:tab/></w:tabs></w:pPr>", run("a")), "a"),
        (p(run("co"), "<w:r><w:noBreakHyphen/></w:r>", run("op")), "co-op"),
        (p(run("Soft"), "<w:r><w:softHyphen/></w:r>", run("ware")), "Software"),
        (p(run("Soft\u00adware e\u0301te\u0301")), "Software été"),
        (p('<w:r><w:sym w:font="Symbol" w:char="F061"/></w:r>', run("-test")), "α-test"),
        (p("<w:r><w:instrText>HYPERLINK x</w:instrText></w:r>", run("site")), "site"),
        (p("<w:r><w:rPr><w:vanish/></w:rPr><w:t>hidden</w:t></w:r>", run("seen")), "seen"),
        (p('<w:r><w:rPr><w:vanish w:val="0"/></w:rPr><w:t>seen</w:t></w:r>'), "seen"),
        (p("<w:hyperlink>", run("link"), "</w:hyperlink><w:smartTag>", run("tag"), "</w:smartTag>"), "linktag"),
        (p('<w:r><w:pict><v:textpath string="Word Art"/></w:pict></w:r>'), "Word Art"),
        ("<w:tbl><w:tr><w:tc>" + p(run("a")) + "</w:tc><w:tc><w:tcPr><w:vMerge/></w:tcPr></w:tc></w:tr></w:tbl>", "a"),
    ],
)  # fmt: skip
def test_visible_text_is_read(body: str, expected: str) -> None:
    assert text(body) == expected


def test_nested_and_irregular_tables_are_read_once_and_in_order() -> None:
    inner = f"<w:tbl><w:tr><w:tc>{p(run('2'))}</w:tc></w:tr></w:tbl>"
    spanned = '<w:tcPr><w:gridSpan w:val="9"/><w:vMerge w:val="restart"/></w:tcPr>'
    control = f"<w:sdt><w:sdtContent><w:tc>{p(run('4'))}</w:tc></w:sdtContent></w:sdt>"
    row = f"<w:tr><w:tc>{spanned}{p(run('1'))}{inner}{p(run('3'))}</w:tc>{control}</w:tr>"
    assert text(p(run("0")) + f"<w:tbl>{row}{row}</w:tbl>" + p(run("5"))).split() == list(
        "012341234" + "5"
    )


def test_a_text_box_is_read_once_and_splits_no_word() -> None:
    choice = f'<mc:Choice Requires="wps"><wps:txbx>{BOX}</wps:txbx></mc:Choice>'
    fallback = f"<mc:Fallback><w:pict>{BOX}</w:pict></mc:Fallback>"
    both = f"<w:r><mc:AlternateContent>{choice}{fallback}</mc:AlternateContent></w:r>"
    assert text(p(run("Curri"), both, run("culum"))) == "Curriculum\nInside\nbox"
    alone = f"<w:r><mc:AlternateContent><mc:Choice><a:pic/></mc:Choice>{fallback}</mc:AlternateContent></w:r>"
    assert text(p(alone)) == "Inside\nbox"


def test_headers_footers_and_notes_are_read_and_comments_are_not() -> None:
    kinds = ("header", "footer", "footnotes", "endnotes", "comments")
    content = package(
        p(run("Body")),
        related=(
            *((kind, f"{kind}1.xml") for kind in kinds),
            ("header", "header2.xml"),
            ("image", "../NULL"),
            ("header", "missing.xml"),
            ("footer", "broken.xml"),
        ),
        parts={
            **{f"word/{kind}1.xml": part(p(run(kind)), "x") for kind in kinds},
            "word/header2.xml": part(p(run("header")), "x"),
            "word/broken.xml": "<w:ftr",
        },
    )
    assert words(content, DOCX).split() == ["header", "Body", "footer", "footnotes", "endnotes"]


def test_charts_and_diagrams_are_read() -> None:
    chart = "<c:strCache><c:pt><c:v>Python</c:v></c:pt></c:strCache><c:numCache><c:pt><c:v>7</c:v></c:pt></c:numCache>"
    content = package(
        p(run("Skills")),
        related=(("chart", "charts/chart1.xml"), ("diagramData", "diagrams/data1.xml")),
        parts={
            "word/charts/chart1.xml": part(chart, "x"),
            "word/diagrams/data1.xml": part(
                "<a:t><a:p><a:r><a:t>Team</a:t></a:r></a:p></a:t>", "x"
            ),
        },
    )
    assert words(content, DOCX).split() == ["Skills", "Team", "Python"]


MHT = b"Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n"


@pytest.mark.parametrize(
    ("name", "chunk"),
    [
        ("a.html", b"<html><meta charset='utf-8'><style>x</style><p>Ing&eacute;nieure</p>"),
        ("a.html", b"<!-- <p>x</p> --><STYLE>a < b</STYLE>Ing<b>&#233;</b>nieure<!--[if x]>y<![endif]-->"),
        ("a.htm", "<meta charset=windows-1250>Ingénieure".encode("cp1250")),
        ("a.mht", MHT + b"<p>Ing=C3=A9nieure"),
        ("a.txt", "Ingénieure".encode()),
        ("a.rtf", rb"{\rtf1 Ing\'e9nieure}"),
    ],
)  # fmt: skip
def test_an_embedded_document_is_read_in_its_place(name: str, chunk: bytes) -> None:
    body = p(run("before")) + '<w:altChunk r:id="r0"/>' + p(run("after"))
    content = package(body, related=(("aFChunk", f"/word/{name}"),), parts={f"word/{name}": chunk})
    assert words(content, DOCX).split() == ["before", "Ingénieure", "after"]


@pytest.mark.parametrize(
    ("name", "base", "word"),
    [
        ("word/document2.xml", RELATIONS, W),
        ("docs/main.xml", RELATIONS, W),
        ("word/document.xml", STRICT_RELATIONS, STRICT),
    ],
)
def test_the_main_part_is_found_by_its_relation(name: str, base: str, word: str) -> None:
    content = package(p(run("Ada")), name=name, base=base, word=word)
    assert inspect(content, max_bytes=10**6) == DOCX
    assert words(content, DOCX) == "Ada"


def test_a_workbook_is_not_a_document() -> None:
    content = package("").replace(b"wordprocessingml", b"spreadsheetml+++")
    with pytest.raises(Refused):
        inspect(content.replace(b"word/document.xml", b"xlxx/document.xml"), max_bytes=10**6)


def test_endless_paragraphs_take_no_memory() -> None:
    assert text("<w:p/>" * 200_000 + p(run("end"))) == "end"


FIELD = (
    "<w:r><w:fldChar w:fldCharType='begin'/><w:fldChar w:fldCharType='separate'/><w:t>a</w:t></w:r>"
)


@pytest.mark.parametrize(
    "body",
    [
        f"<w:p>{run('a')}" * 40_000 + "</w:p>" * 40_000,
        p(FIELD * 80_000),
        "<mc:AlternateContent>" * 80_000 + p(run("a")) + "</mc:AlternateContent>" * 80_000,
    ],
    ids=["paragraphs", "fields", "alternatives"],
)
@pytest.mark.sample(1)
def test_a_document_made_to_be_slow_is_read(body: str) -> None:
    """If the time were quadratic in the depth, this would take minutes."""
    assert text(body)
