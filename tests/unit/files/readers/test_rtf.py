"""RTF in every code page and from every producer: letters, line breaks, and visible text."""

from __future__ import annotations

import pytest

from jemmo.files.extract import words
from jemmo.files.kinds import RTF

FONTS = (
    rb"{\fonttbl{\f0\fswiss\fcharset0 Arial;}{\f1\fcharset204{\*\panose 02}Times New Roman Cyr;}"
    rb"{\f2\fcharset128 MS Mincho;}{\f3\fcharset2 Symbol;}{\f4\fcharset238 Arial CE;}{\f5\cpg1253 Arial Greek;}}"
)


def read(body: bytes, header: bytes = rb"\ansi\ansicpg1252\deff0" + FONTS) -> str:
    return words(rb"{\rtf1" + header + b" " + body + b"}", RTF)


def hexed(text: str, code_page: str) -> bytes:
    return "".join(f"\\'{byte:02x}" for byte in text.encode(code_page)).encode()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("1250", "Gżegżółka Łódź"),
        ("1251", "Инженер"),
        ("1253", "Μηχανικός"),
        ("1254", "Mühendis Şırnak"),
        ("1255", "מהנדס"),
        ("1256", "مهندس"),
        ("1257", "Inžinierius"),
        ("874", "วิศวกร"),
        ("932", "ソフト表能"),  # characters whose second byte is a backslash or another symbol
        ("936", "软件工程师"),
        ("949", "엔지니어"),
        ("950", "軟體功能"),
        ("437", "naïve"),
    ],
)
@pytest.mark.parametrize("is_escaped", [True, False])
def test_a_code_page_of_the_document(name: str, text: str, is_escaped: bool) -> None:
    codec = f"cp{name}"
    raw = text.encode(codec)
    for sign in b"\\{}":
        raw = raw.replace(bytes([sign]), b"\\" + bytes([sign]))
    letters = hexed(text, codec) if is_escaped else raw
    header = rb"\ansi\ansicpg" + name.encode()
    assert read(letters, header) == text
    assert read(letters, header + rb"\deff0{\fonttbl{\f0\fnil Arial;}}") == text
    assert read(letters, header + rb"\deff0{\fonttbl{\f0\fcharset0 Arial;}}") == text


@pytest.mark.parametrize(
    ("header", "letters", "text"),
    [
        (rb"\mac", rb"\'8e\'8f", "éè"),
        (rb"\pc", rb"\'82", "é"),
        (rb"\pca", rb"\'82", "é"),
        (rb"\ansi", rb"\'e9", "é"),
        (rb"\mac\ansicpg10000\cocoartf102{\fonttbl\f0\fswiss\fcharset77 Helvetica;}\f0", rb"\'8e", "é"),
        (rb"\ansi\ansicpg65001", rb"\'c3\'a9", "é"),
        (rb"\ansi\ansicpg4711", rb"\'e9", "é"),
        (rb"\ansi", "été".encode(), "été"),  # some programs write plain UTF-8
    ],
)  # fmt: skip
def test_other_code_pages(header: bytes, letters: bytes, text: str) -> None:
    assert read(letters, header) == text


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (rb"\f1 " + hexed("Инженер", "cp1251") + rb"{\f0  \'e9t\'e9}" + hexed(" да", "cp1251"), "Инженер été да"),
        (rb"{\f2 " + hexed("日本語", "cp932") + rb"}\plain  \'e9", "日本語 é"),
        (rb"{\f4 " + hexed("Łódź", "cp1250") + b"}", "Łódź"),
        (rb"{\f5 " + hexed("Μη", "cp1253") + b"}", "Μη"),
        (rb"{\f3 \'b7\'61} end", "•α end"),
        (rb"\uc1\u1055?\u1088\'3f\u8364 e", "Пр€"),
        (rb"\uc0\u1055 \u1088 \u233 t", "Прét"),
        (rb"\uc2\u26085\'93\'fa\u26412\'96\'7b!", "日本!"),
        (rb"{\uc0 \u233 t}\u233?t", "étét"),
        (rb"\u-10179?\u-8704?", "\U0001f600"),
        (rb"\uc1\u1055\u1088?", "Пр"),
        (rb"\uc1\u233\par b", "é\nb"),
        (b"one\\\ntwo\\\r\nthree", "one\ntwo\nthree"),
        (b"Curri\r\nculum", "Curriculum"),
        (rb"Soft\-ware co\_op a\~b", "Software co-op a b"),
        (rb"a\tab b\line c\par d\cell e\row f\page g", "a b\nc\nd e\nf\ng"),
        (rb"\ldblquote a\rdblquote\emdash b \bullet", "“a”—b •"),
        (rb"\{a\}\\", "{a}\\"),
        (rb"a{\*\unknown b{c}}d", "ad"),
        (rb"a{\stylesheet{\s0 Normal;}}{\info{\author X}}{\pict ffd8}b", "ab"),
        (rb"a{\pict\bin4 }}{{}b", "ab"),
        (rb"a{\field{\*\fldinst HYPERLINK x}{\fldrslt site}}b", "asiteb"),
        (rb"{\header\pard head\par}body{\footnote note}{\footerf foot}", "head\n\nbody\nnote\n\nfoot"),
        (rb"{\shp{\*\shpinst{\sp{\sn x}{\sv 1}}{\shptxt\pard box\par}}{\shprslt{\*\do{\dptxbxtext box}}}}", "box"),
        (rb"{\*\do\dobxpage{\dptxbxtext\pard old box\par}}", "old box"),
        (rb"a{\deleted b}{\v c}{\v\v0 d}{\revised e}{\mvf f}", "ade"),
        (rb"{\upr{?}{\*\ud{\u233 x}}}", "é"),
        (rb"{\*\annotation remark}{\listtext 1.\tab}kept", "1. kept"),
        (rb"{\*\unknown \u233?", ""),
        (rb"a\'zzb\'", "azzb"),
    ],
)  # fmt: skip
def test_visible_text_is_read(body: bytes, text: str) -> None:
    assert read(body) == text


def test_text_from_textedit_keeps_its_lines() -> None:
    header = (
        b"\\ansi\\ansicpg1252\\cocoartf2639\n"
        b"{\\fonttbl\\f0\\fswiss\\fcharset0 Helvetica;\\f1\\fnil\\fcharset0 X;}"
    )
    body = (
        b"\\pard\\f0\\fs24 \\cf0 \\'c9lodie\\\nIng\\'e9nieure \\uc0\\u8211  Paris\\\n\\\n\\f1 fin"
    )
    assert read(body, header) == "Élodie\nIngénieure – Paris\n\nfin"


N = 150_000


@pytest.mark.sample(1)
@pytest.mark.parametrize(
    "part",
    [b"{", b"}", b"\\b", b"\\u1?", b"\\'e9", b"\\bin1", b"{\\*", b"\\f1\\'c0", b"{\\f1 x}", b"\\upr{",
     b"\\fonttbl{\\f1 name;"],
)  # fmt: skip
def test_an_rtf_made_to_be_slow_is_read(part: bytes) -> None:
    """With quadratic time, this would take hours."""
    assert read(part * N + b"}" * N) is not None
