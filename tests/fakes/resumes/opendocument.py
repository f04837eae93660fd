"""ODT files as LibreOffice and Google Docs write them."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from fakes.pictures import png
from fakes.resumes.archives import zipped
from fakes.resumes.people import LINES
from fakes.resumes.resume import Resume, shown

from jemmo.files.kinds import ODT

OASIS = "urn:oasis:names:tc:opendocument:xmlns"
DECLARED = " ".join(
    f'xmlns:{prefix}="{OASIS}:{name}:1.0"'
    for prefix, name in {
        "office": "office",
        "text": "text",
        "table": "table",
        "draw": "drawing",
        "style": "style",
        "meta": "meta",
        "fo": "xsl-fo-compatible",
        "svg": "svg-compatible",
    }.items()
)
DECLARED += (
    ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xlink="http://www.w3.org/1999/xlink"'
)
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
MIME = "application/vnd.oasis.opendocument.text"


def p(text: str) -> str:
    return f'<text:p text:style-name="Standard">{escape(text, quote=False)}</text:p>'


def lines(language: str) -> str:
    title, *others = LINES[language]
    heading = f'<text:h text:outline-level="1">{escape(title)}</text:h>'
    return heading + "".join(map(p, others))


def package(
    body: str, *, styles: str = "", others: dict[str, bytes] | None = None
) -> dict[str, str | bytes]:
    """Return the parts of a file; ``styles`` is the content of its master page."""
    names = ["content.xml", "styles.xml", "meta.xml", *(others or {})]
    manifest = "".join(
        f'<manifest:file-entry manifest:full-path="{name}" manifest:media-type="text/xml"/>'
        for name in names
    )
    return {
        "mimetype": MIME,
        "content.xml": (
            f'{HEAD}<office:document-content {DECLARED} office:version="1.3"><office:automatic-styles>'
            '<style:style style:name="Stylename" style:family="paragraph"><style:paragraph-properties '
            'fo:break-before="page"/></style:style></office:automatic-styles>'
            f"<office:body><office:text>{body}</office:text></office:body></office:document-content>"
        ),
        "styles.xml": (
            f"{HEAD}<office:document-styles {DECLARED}><office:master-styles>"
            f'<style:master-page style:name="Standard">{styles}</style:master-page>'
            "</office:master-styles></office:document-styles>"
        ),
        "meta.xml": (
            f"{HEAD}<office:document-meta {DECLARED}><office:meta><dc:title>Metatitle</dc:title>"
            "<meta:initial-creator>Metacreator</meta:initial-creator></office:meta></office:document-meta>"
        ),
        "META-INF/manifest.xml": (
            f'{HEAD}<manifest:manifest xmlns:manifest="{OASIS}:manifest:1.0">'
            f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{MIME}"/>{manifest}'
            "</manifest:manifest>"
        ),
        **(others or {}),
    }


def case(
    name: str,
    language: str,
    feature: str,
    parts: dict[str, str | bytes],
    *extra: str,
    producer: str = "LibreOffice",
    forbidden: tuple[str, ...] = (),
) -> Resume:
    return Resume(
        name=f"odt-{name}",
        kind=ODT,
        producer=producer,
        language=language,
        feature=feature,
        content=zipped(parts, stored=("mimetype",)),
        words=shown(*LINES[language], *extra),
        feature_words=shown(*extra),
        forbidden=("Metatitle", "Metacreator", "Stylename", *forbidden),
    )


def resumes() -> Iterator[Resume]:
    yield case("plain", "en", "headings and paragraphs", package(lines("en")))
    spaced = (
        "<text:p>Permis<text:tab/>Mobilité<text:s/>totale<text:s text:c='4'/>Astreintes<text:line-break/>Weekends"
        "</text:p><text:p>Tra<text:span>vail</text:span>\n   posté <text:soft-page-break/>alterné, "
        "réci\u00adproque</text:p>"
    )
    yield case(
        "spaces",
        "fr",
        "tabs, counted spaces, line breaks, spans inside words",
        package(lines("fr") + spaced),
        "Permis Mobilité totale Astreintes Weekends Travail posté alterné réciproque",
    )
    listed = (
        "<text:list><text:list-header><text:p>Zusatzpunkte</text:p></text:list-header><text:list-item>"
        "<text:p>Staplerschein</text:p><text:list><text:list-item><text:p>Hubarbeitsbühne</text:p>"
        "</text:list-item></text:list></text:list-item></text:list>"
    )
    yield case(
        "lists",
        "de",
        "lists in lists",
        package(lines("de") + listed),
        "Zusatzpunkte Staplerschein Hubarbeitsbühne",
    )
    inner = (
        "<table:table table:is-sub-table='true'><table:table-row><table:table-cell><text:p>Fjällräddning</text:p>"
        "</table:table-cell></table:table-row></table:table>"
    )
    outer = (
        "<table:table table:name='Tablename'><table:table-column table:number-columns-repeated='2'/>"
        "<table:table-header-rows><table:table-row><table:table-cell table:number-columns-spanned='2'>"
        "<text:p>Utbildning</text:p></table:table-cell><table:covered-table-cell/></table:table-row>"
        f"</table:table-header-rows><table:table-row><table:table-cell>{inner}</table:table-cell>"
        "<table:table-cell><text:p>Jokkmokk</text:p></table:table-cell></table:table-row></table:table>"
    )
    yield case(
        "tables",
        "sv",
        "tables in tables, merged cells",
        package(lines("sv") + outer),
        "Utbildning Fjällräddning Jokkmokk",
        forbidden=("Tablename",),
    )
    framed = (
        "<text:p>Sello<draw:frame draw:name='Framename' text:anchor-type='paragraph' svg:width='6cm' svg:height='3cm'>"
        "<draw:text-box><text:p>Invernadero</text:p><text:p>Riego"
        "</text:p></draw:text-box><svg:title>Alternativetitle</svg:title></draw:frame></text:p>"
        "<text:p><draw:custom-shape draw:name='Shapename' svg:width='6cm' svg:height='2cm'>"
        "<text:p>Vivero</text:p></draw:custom-shape></text:p>"
        "<text:p><draw:g><draw:frame svg:width='5cm' svg:height='2cm'><draw:text-box>"
        "<text:p>Semillas</text:p></draw:text-box></draw:frame></draw:g></text:p>"
    )
    yield case(
        "frames",
        "es",
        "text boxes, shapes and groups of them",
        package(framed + lines("es")),
        "Sello Invernadero Riego Vivero Semillas",
        forbidden=("Framename", "Shapename", "Alternativetitle"),
    )
    edges = (
        "<style:header><text:p>Życiorys poufny</text:p></style:header><style:header-first><text:p>Dane kontaktowe"
        "</text:p></style:header-first><style:footer><text:p>Klauzula <text:page-number>1</text:page-number></text:p>"
        "</style:footer>"
    )
    yield case(
        "headers",
        "pl",
        "headers and footers, kept with the styles",
        package(lines("pl") + p("Załącznik").replace("Standard", "Stylename"), styles=edges),
        "Załącznik Życiorys poufny Dane kontaktowe Klauzula",
    )
    tracked = (
        "<text:tracked-changes><text:changed-region text:id='c1'><text:deletion><office:change-info><dc:creator>"
        "Changeauthor</dc:creator><dc:date>2024-01-02T03:04:05</dc:date></office:change-info><text:p>Smazanéslovo</text:p>"
        "</text:deletion></text:changed-region><text:changed-region text:id='c2'><text:insertion><office:change-info>"
        "<dc:creator>Changeauthor</dc:creator></office:change-info></text:insertion></text:changed-region>"
        "</text:tracked-changes>"
    )
    marked = (
        "<text:p>Hasič <text:change text:change-id='c1'/><text:change-start text:change-id='c2'/>dobrovolník"
        "<text:change-end text:change-id='c2'/></text:p>"
    )
    yield case(
        "tracked-changes",
        "cs",
        "tracked insertion and deletion",
        package(tracked + lines("cs") + marked),
        "Hasič dobrovolník",
        forbidden=("Smazanéslovo", "Changeauthor"),
    )
    spans = "".join(
        f"<text:p><text:span>{escape(line[:5])}</text:span><text:span>{escape(line[5:])}</text:span></text:p>"
        for line in LINES["ru"]
    )
    google = package(spans + "<text:p></text:p>")
    del google["meta.xml"]
    yield case("google", "ru", "spans everywhere, no metadata", google, producer="Google Docs")
    noted = (
        "<text:section text:name='Sectionname'><text:p>Διπλωματική <text:note text:note-class='footnote'>"
        "<text:note-citation>1</text:note-citation><text:note-body><text:p>Αδημοσίευτη</text:p></text:note-body>"
        "</text:note> <text:a xlink:href='https://example.com/linktarget'>Ιστοσελίδα</text:a></text:p></text:section>"
        "<text:p><text:bookmark text:name='Bookmarkname'/>Σύνταξη<text:user-defined>Πεδίο</text:user-defined></text:p>"
    )
    yield case(
        "notes",
        "el",
        "sections, footnotes, links",
        package(lines("el") + noted.replace("Σύνταξη<", "Σύνταξη <")),
        "Διπλωματική" + " Αδημοσίευτη Ιστοσελίδα Σύνταξη Πεδίο",
        forbidden=("Sectionname", "linktarget", "Bookmarkname"),
    )
    yield from _rarities()
    yield case("right-to-left", "ar", "right to left", package(lines("ar")))
    base = "<text:ruby-base>別紙</text:ruby-base>"
    ruby = f"<text:p>資料 <text:ruby>{base}<text:ruby-text> </text:ruby-text></text:ruby></text:p>"
    yield case("japanese", "ja", "ruby", package(lines("ja") + ruby), "資料 別紙")
    templated = package(lines("he"))
    templated["content.xml"] = (
        str(package(lines("he"))["content.xml"]).replace("UTF-8", "UTF-16").encode("utf-16")
    )
    yield case("utf16", "he", "content in UTF-16", templated, producer="a Java exporter")
    image = "<text:p><draw:frame><draw:image xlink:href='Pictures/1.png'/></draw:frame></text:p>"
    scan = case(
        "picture-only", "en", "a scan and no text", package(image, others={"Pictures/1.png": png()})
    )
    yield Resume(**{**vars(scan), "words": (), "feature_words": (), "outcome": "empty"})
    cut = package(lines("fr"))
    cut["content.xml"] = str(cut["content.xml"])[:-40]
    broken = case("cut-xml", "fr", "content cut off", cut)
    yield Resume(**{**vars(broken), "words": (), "feature_words": (), "outcome": "failed"})


def _rarities() -> Iterator[Resume]:
    contents = (
        "<text:table-of-content text:name='Indexname'><text:table-of-content-source><text:index-title-template>"
        "Templatetitle</text:index-title-template></text:table-of-content-source><text:index-body><text:index-title>"
        "<text:p>Översikt</text:p></text:index-title><text:p>Meriter<text:tab/>1</text:p></text:index-body>"
        "</text:table-of-content>"
    )
    yield case(
        "contents",
        "sv",
        "table of contents",
        package(contents + lines("sv")),
        "Översikt Meriter",
        forbidden=("Templatetitle", "Indexname"),
    )
    wide = "<text:p>Daleko<text:s text:c='2000000000'/>blízko</text:p>"
    yield case(
        "many-spaces",
        "cs",
        "two thousand million spaces",
        package(lines("cs") + wide),
        "Daleko blízko",
        producer="a joker",
    )
    header = (
        "<style:header><text:p><draw:frame svg:width='5cm' svg:height='1cm' text:anchor-type='paragraph'>"
        "<draw:text-box><text:p>Encabezado</text:p></draw:text-box></draw:frame></text:p></style:header><style:footer><table:table>"
        "<table:table-column/><table:table-row><table:table-cell><text:p>Apéndice</text:p></table:table-cell>"
        "</table:table-row></table:table></style:footer>"
    )
    yield case(
        "header-frame",
        "es",
        "text box in a header, table in a footer",
        package(lines("es"), styles=header),
        "Encabezado Apéndice",
    )
    deep = p("Tiefe")
    for _ in range(24):
        deep = (
            "<table:table><table:table-column/><table:table-row><table:table-cell>"
            f"{deep}</table:table-cell></table:table-row></table:table>"
        )
    yield case(
        "deep-tables", "de", "24 tables inside each other", package(lines("de") + deep), "Tiefe"
    )
    sealed = package(lines("fr"))
    sealed["content.xml"] = bytes(range(256)) * 3
    sealed["META-INF/manifest.xml"] = str(sealed["META-INF/manifest.xml"]).replace(
        'manifest:full-path="content.xml" manifest:media-type="text/xml"/>',
        'manifest:full-path="content.xml" manifest:media-type="text/xml" manifest:size="999"><manifest:encryption-data '
        'manifest:checksum-type="SHA256/1K" manifest:checksum="AAAA"/></manifest:file-entry>',
    )
    locked = case("password", "fr", "encrypted with a password", sealed)
    yield Resume(**{**vars(locked), "words": (), "feature_words": (), "outcome": "failed"})
