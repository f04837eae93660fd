"""OpenDocument text: tabs, breaks, boxes, notes, headers, but no comments or deleted text."""

from __future__ import annotations

import io
import zipfile

import pytest

from jemmo.files.extract import words
from jemmo.files.kinds import ODT

SPACES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for name in ("office", "text", "table", "draw", "style", "svg-compatible")
) + ' xmlns:svg="urn:svg" xmlns:dc="urn:dc"'  # fmt: skip


def odt(body: str, master: str | None = None) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("mimetype", ODT)
        archive.writestr(
            "content.xml",
            f"<office:document-content {SPACES}><office:body><office:text>{body}"
            "</office:text></office:body></office:document-content>",
        )
        if master is not None:
            root = "office:document-styles"
            archive.writestr("styles.xml", f"<{root} {SPACES}>{master}</{root}>")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("<text:p>a<text:tab/>b<text:s text:c='3'/>c<text:line-break/>d<text:s/>e</text:p>", "a b c\nd e"),
        ("<text:h>Dé<text:span>velop</text:span>peuse</text:h>", "Développeuse"),
        ("<text:p>Soft\u00adware<text:soft-page-break/></text:p>", "Software"),
        ("<text:p>Curri<draw:frame><svg:title>x</svg:title><draw:text-box><text:p>box</text:p></draw:text-box>"
         "</draw:frame>culum</text:p>", "Curriculum\nbox"),
        ("<text:p>a<office:annotation><dc:creator>x</dc:creator><text:p>remark</text:p></office:annotation>b"
         "</text:p>", "ab"),
        ("<text:tracked-changes><text:p>gone</text:p></text:tracked-changes><text:p>left<text:change/></text:p>",
         "left"),
        ("<text:p>a<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>note</text:p>"
         "</text:note-body></text:note>b</text:p>", "ab\nnote"),
        ("<table:table><table:table-row><table:table-cell><text:p>1</text:p><table:table><table:table-row>"
         "<table:table-cell><text:p>2</text:p></table:table-cell></table:table-row></table:table></table:table-cell>"
         "<table:table-cell><text:p>3</text:p></table:table-cell></table:table-row></table:table>", "1\n2\n3"),
        ("<text:list><text:list-item><text:p>a</text:p></text:list-item></text:list>", "a"),
        ("<text:p><draw:custom-shape><text:p>shape</text:p></draw:custom-shape></text:p>", "shape"),
        ("<text:p><text:title>CV</text:title> <text:a>link</text:a></text:p>", "CV link"),
        ("<text:table-of-content><text:table-of-content-source><text:index-title-template>x"
         "</text:index-title-template></text:table-of-content-source><text:index-body><text:p>y</text:p>"
         "</text:index-body></text:table-of-content>", "y"),
    ],
)  # fmt: skip
def test_visible_text_is_read(body: str, text: str) -> None:
    assert words(odt(body), ODT) == text


def test_headers_and_footers_are_read_once() -> None:
    master = (
        "<style:style><style:header-style/></style:style><office:master-styles><style:master-page>"
        "<style:header><text:p>Ada</text:p></style:header><style:header-first><text:p>Ada</text:p>"
        "</style:header-first><style:footer><text:p>Page</text:p></style:footer></style:master-page>"
        "</office:master-styles>"
    )
    assert words(odt("<text:p>Body</text:p>", master), ODT) == "Ada\nBody\nPage"


def test_damaged_styles_lose_no_words() -> None:
    assert words(odt("<text:p>Body</text:p>", "<broken"), ODT) == "Body"
