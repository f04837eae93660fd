"""DOCX files as Word, Word Online, Google Docs, LibreOffice, Pages and exporters write them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from html import escape

from fakes.pictures import png
from fakes.resumes.archives import zipped
from fakes.resumes.people import LINES
from fakes.resumes.resume import Resume, shown

from jemmo.files.kinds import DOCX

OPEN = "http://schemas.openxmlformats.org"
NAMESPACES = {
    "w": f"{OPEN}/wordprocessingml/2006/main",
    "r": f"{OPEN}/officeDocument/2006/relationships",
    "wp": f"{OPEN}/drawingml/2006/wordprocessingDrawing",
    "a": f"{OPEN}/drawingml/2006/main",
    "mc": f"{OPEN}/markup-compatibility/2006",
    "wps": "http://schemas.microsoft.com/office/word/2010/wordprocessingShape",
    "wpg": "http://schemas.microsoft.com/office/word/2010/wordprocessingGroup",
    "w14": "http://schemas.microsoft.com/office/word/2010/wordml",
    "v": "urn:schemas-microsoft-com:vml",
    "m": f"{OPEN}/officeDocument/2006/math",
    "dgm": f"{OPEN}/drawingml/2006/diagram",
}
STRICT = "http://purl.oclc.org/ooxml"
DECLARED = " ".join(f'xmlns:{prefix}="{name}"' for prefix, name in NAMESPACES.items())
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\r\n'
RELATIONS = f"{OPEN}/package/2006/relationships"
OFFICE = f"{OPEN}/officeDocument/2006/relationships"
WML = "application/vnd.openxmlformats-officedocument.wordprocessingml"
SECTION = (
    '<w:sectPr w:rsidR="00A1"><w:pgSz w:w="11906" w:h="16838"/>'
    '<w:pgMar w:top="1417" w:right="1417" w:bottom="1134" w:left="1417"/></w:sectPr>'
)
STYLES = (
    f'{HEAD}<w:styles xmlns:w="{NAMESPACES["w"]}"><w:style w:type="paragraph" w:default="1" w:styleId="Normal">'
    '<w:name w:val="Normalstyle"/></w:style><w:style w:type="paragraph" w:styleId="Heading1">'
    '<w:name w:val="heading 1"/><w:basedOn w:val="Normal"/></w:style></w:styles>'
)
CORE = (
    f'{HEAD}<cp:coreProperties xmlns:cp="{OPEN}/package/2006/metadata/core-properties" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Metatitle</dc:title>'
    "<dc:creator>Metacreator</dc:creator></cp:coreProperties>"
)
METADATA = ("Metatitle", "Metacreator", "Normalstyle")


def run(text: str, properties: str = "") -> str:
    marked = f"<w:rPr>{properties}</w:rPr>" if properties else ""
    return f'<w:r>{marked}<w:t xml:space="preserve">{escape(text, quote=False)}</w:t></w:r>'


def paragraph(*inside: str, style: str = "") -> str:
    marked = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f'<w:p w:rsidR="00B2" w:rsidRDefault="00C3">{marked}{"".join(inside)}</w:p>'


def lines(language: str) -> str:
    title, *others = LINES[language]
    return paragraph(run(title), style="Heading1") + "".join(
        paragraph(run(line)) for line in others
    )


def cell(*blocks: str, properties: str = "") -> str:
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{''.join(blocks)}</w:tc>"


def row(*cells: str, properties: str = "") -> str:
    return f"<w:tr>{properties}{''.join(cells)}</w:tr>"


def table(*rows: str, columns: int = 2) -> str:
    grid = '<w:gridCol w:w="4000"/>' * columns
    head = f'<w:tblPr><w:tblW w:w="0" w:type="auto"/></w:tblPr><w:tblGrid>{grid}</w:tblGrid>'
    return f"<w:tbl>{head}{''.join(rows)}</w:tbl>"


def said(text: str) -> str:
    return paragraph(run(text))


def control(content: str) -> str:
    return (
        '<w:sdt><w:sdtPr><w:alias w:val="Aliasname"/><w:placeholder><w:docPart w:val="Placeholderpart"/>'
        f"</w:placeholder></w:sdtPr><w:sdtContent>{content}</w:sdtContent></w:sdt>"
    )


def field(instruction: str, shows: str) -> str:
    return (
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r>'
        f'<w:r><w:instrText xml:space="preserve"> {instruction} </w:instrText></w:r>'
        '<w:r><w:fldChar w:fldCharType="separate"/></w:r>'
        f'{run(shows)}<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )


def anchored(uri: str, shape: str) -> str:
    return (
        '<w:drawing><wp:anchor distT="0" distB="0" distL="0" distR="0" simplePos="0" relativeHeight="2" behindDoc="0" '
        'locked="0" layoutInCell="1" allowOverlap="1"><wp:simplePos x="0" y="0"/><wp:positionH relativeFrom="column">'
        '<wp:posOffset>0</wp:posOffset></wp:positionH><wp:positionV relativeFrom="paragraph"><wp:posOffset>0'
        '</wp:posOffset></wp:positionV><wp:extent cx="3600000" cy="1800000"/><wp:wrapTopAndBottom/><wp:docPr id="1" '
        'name="Shapename" descr="Shapedescription"/><wp:cNvGraphicFramePr/><a:graphic>'
        f'<a:graphicData uri="{uri}">{shape}</a:graphicData></a:graphic></wp:anchor></w:drawing>'
    )


def shape(blocks: str, *, top: int = 0) -> str:
    return (
        f'<wps:wsp><wps:cNvSpPr txBox="1"/><wps:spPr><a:xfrm><a:off x="0" y="{top}"/><a:ext cx="3600000" '
        'cy="900000"/></a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom></wps:spPr><wps:txbx><w:txbxContent>'
        f"{blocks}</w:txbxContent></wps:txbx><wps:bodyPr/></wps:wsp>"
    )


def text_box(choice: str, fallback: str) -> str:
    """Return a text box as Word 2010 and later write it: a shape, and a fallback for older programs."""
    return (
        '<w:r><mc:AlternateContent><mc:Choice Requires="wps">'
        f"{anchored(NAMESPACES['wps'], shape(choice))}</mc:Choice>"
        f"<mc:Fallback>{vml_box(fallback)}</mc:Fallback></mc:AlternateContent></w:r>"
    )


def vml_box(blocks: str) -> str:
    return (
        '<w:pict><v:shape id="Shapeidentity" type="#_x0000_t202" style="position:absolute;width:200pt;height:70pt">'
        "<v:textbox><w:txbxContent>"
        f"{blocks}</w:txbxContent></v:textbox></v:shape></w:pict>"
    )


def part(tag: str, inside: str) -> str:
    return f'{HEAD}<w:{tag} {DECLARED} mc:Ignorable="w14">{inside}</w:{tag}>'


def document(body: str, section: str = SECTION) -> str:
    return part("document", f"<w:body>{body}{section}</w:body>")


def relations(*targets: tuple[str, str], base: str = OFFICE) -> str:
    """Return a list of relations, given the last segment of each relation's type and its target."""
    return (
        f'{HEAD}<Relationships xmlns="{RELATIONS}">'
        + "".join(
            f'<Relationship Id="rId{number}" Type="{base}/{kind}" Target="{target}"'
            + (' TargetMode="External"' if "://" in target or target.startswith("mailto:") else "")
            + "/>"
            for number, (kind, target) in enumerate(targets, start=1)
        )
        + "</Relationships>"
    )


def package(
    main: str | bytes,
    *,
    at: str = "word/document.xml",
    others: dict[str, str | bytes] | None = None,
    targets: tuple[tuple[str, str], ...] = (("styles", "styles.xml"),),
    styles: bool = True,
    base: str = OFFICE,
) -> dict[str, str | bytes]:
    """Return the parts of a file; ``others`` are contents by path inside ``word/``."""
    kinds = {
        "header": "header",
        "footer": "footer",
        "footnotes": "footnotes",
        "endnotes": "endnotes",
    }
    inner = {f"word/{path}": content for path, content in (others or {}).items()}
    overrides = [(f"/{at}", f"{WML}.document.main+xml")]
    if styles:
        inner["word/styles.xml"] = STYLES
        overrides.append(("/word/styles.xml", f"{WML}.styles+xml"))
    for path in others or {}:
        stem = path.rpartition("/")[2].removesuffix(".xml").rstrip("0123456789")
        if stem in kinds:
            overrides.append((f"/word/{path}", f"{WML}.{stem}+xml"))
    types = (
        f'{HEAD}<Types xmlns="{OPEN}/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/><Default Extension="png" ContentType="image/png"/>'
        + "".join(f'<Override PartName="{name}" ContentType="{kind}"/>' for name, kind in overrides)
        + "</Types>"
    )
    folder, _, file = at.rpartition("/")
    roots = relations(
        ("officeDocument", at), ("metadata/core-properties", "docProps/core.xml"), base=base
    )
    return {
        "[Content_Types].xml": types,
        "_rels/.rels": roots.replace(
            f"{base}/metadata", f"{OPEN}/package/2006/relationships/metadata"
        ),
        at: main,
        f"{folder}/_rels/{file}.rels": relations(*targets, base=base),
        "docProps/core.xml": CORE,
        **inner,
    }


def case(
    name: str,
    language: str,
    feature: str,
    parts: dict[str, str | bytes],
    *extra: str,
    producer: str = "Word",
    forbidden: tuple[str, ...] = (),
    once: tuple[str, ...] = (),
    streamed: bool = False,
) -> Resume:
    return Resume(
        name=f"docx-{name}",
        kind=DOCX,
        producer=producer,
        language=language,
        feature=feature,
        content=zipped(parts, streamed=streamed),
        words=shown(*LINES[language], *extra),
        feature_words=shown(*extra),
        forbidden=(*METADATA, *forbidden),
        once=once,
    )


def resumes() -> Iterator[Resume]:
    yield from _by_word()
    yield from _boxes_and_tables()
    yield from _fields_and_changes()
    yield from _characters()
    yield from _packages()
    yield from _rarities()
    yield from _unreadable()


def _by_word() -> Iterator[Resume]:
    continued = paragraph(
        '<w:pPr><w:sectPr><w:type w:val="continuous"/><w:cols w:num="2"/></w:sectPr></w:pPr>',
        run("Availability: May"),
    )
    yield case(
        "styles",
        "en",
        "styles and two sections",
        package(document(continued + lines("en"))),
        "Availability: May",
    )

    sections = (
        '<w:sectPr><w:headerReference w:type="default" r:id="rId2"/><w:headerReference w:type="first" r:id="rId3"/>'
        '<w:footerReference w:type="default" r:id="rId4"/><w:titlePg/></w:sectPr>'
    )
    yield case(
        "headers",
        "fr",
        "headers of the first and of other pages, footer",
        package(
            document(
                lines("fr") + said("Annexe").replace("<w:r>", '<w:r><w:br w:type="page"/>'),
                sections,
            ),
            others={
                "header1.xml": part("hdr", said("Curriculum réservé")),
                "header2.xml": part(
                    "hdr", table(row(cell(said("Coordonnées privées")), cell(said("Villefranche"))))
                ),
                "footer1.xml": part(
                    "ftr", paragraph(run("Feuillet "), field("PAGE \\* Footercode", "1"))
                ),
            },
            targets=(
                ("styles", "styles.xml"),
                ("header", "header1.xml"),
                ("header", "header2.xml"),
                ("footer", "footer1.xml"),
            ),
        ),
        "Annexe Curriculum réservé Coordonnées privées Villefranche Feuillet",
        forbidden=("Footercode",),
    )

    separator = (
        '<w:footnote w:type="separator" w:id="-1"><w:p><w:r><w:separator/></w:r></w:p></w:footnote>'
    )
    below = paragraph("<w:r><w:footnoteRef/></w:r>", run("Vertraulich"))
    footnote = f'<w:footnote w:id="1">{below}</w:footnote>'
    noted = paragraph(
        run("Gutachten"),
        '<w:r><w:footnoteReference w:id="1"/></w:r>',
        run(" und Lehrauftrag"),
        '<w:r><w:endnoteReference w:id="1"/></w:r>',
    )
    yield case(
        "notes",
        "de",
        "footnotes and endnotes",
        package(
            document(lines("de") + noted),
            others={
                "footnotes.xml": part(
                    "footnotes",
                    separator + footnote,
                ),
                "endnotes.xml": part(
                    "endnotes", f'<w:endnote w:id="1">{said("Abendschule Möckmühl")}</w:endnote>'
                ),
            },
            targets=(
                ("styles", "styles.xml"),
                ("footnotes", "footnotes.xml"),
                ("endnotes", "endnotes.xml"),
            ),
        ),
        "Gutachten und Lehrauftrag Vertraulich Abendschule Möckmühl",
    )

    listed = "".join(
        paragraph(
            '<w:pPr><w:numPr><w:ilvl w:val="0"/><w:numId w:val="3"/></w:numPr></w:pPr>',
            run(f"Hobby {hobby}"),
        )
        for hobby in ("zeglarstwo", "szydełkowanie")
    )
    numbering = part(
        "numbering",
        '<w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:lvlText w:val="Bulletcode"/></w:lvl></w:abstractNum>'
        '<w:num w:numId="3"><w:abstractNumId w:val="0"/></w:num>',
    )
    yield case(
        "lists",
        "pl",
        "bulleted list",
        package(
            document(lines("pl") + listed),
            others={"numbering.xml": numbering.replace("Bulletcode", "\uf0b7")},
            targets=(("styles", "styles.xml"), ("numbering", "numbering.xml")),
        ),
        "Hobby zeglarstwo Hobby szydełkowanie",
    )


def _boxes_and_tables() -> Iterator[Resume]:
    same = said("Referenser lämnas gärna")
    yield case(
        "text-box",
        "sv",
        "text box with the same words as a fallback",
        package(document(paragraph(text_box(same, same)) + lines("sv"))),
        "Referenser lämnas gärna",
        forbidden=("Shapename", "Shapedescription", "Shapeidentity"),
        once=("Referenser", "lämnas"),
    )
    yield case(
        "text-box-fallback",
        "en",
        "text box whose fallback says something else",
        package(
            document(
                paragraph(text_box(said("Volunteer lifeguard"), said("Obsoletefallback")))
                + lines("en")
            )
        ),
        "Volunteer lifeguard",
        forbidden=("Obsoletefallback",),
    )
    yield case(
        "text-box-2007",
        "es",
        "text boxes as Word 2007 draws them",
        package(
            document(
                paragraph(f"<w:r>{vml_box(said('Carné') + said('Vehículo propio'))}</w:r>")
                + lines("es")
            )
        ),
        "Carné Vehículo propio",
        forbidden=("Shapeidentity",),
    )
    shapes = "".join(
        shape(said(text), top=number * 900000)
        for number, text in enumerate(("Kontakt telefoniczny", "Dyspozycyjność natychmiastowa"))
    )
    frame = (
        '<wpg:wgp><wpg:cNvGrpSpPr/><wpg:grpSpPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="3600000" cy="1800000"/>'
        '<a:chOff x="0" y="0"/><a:chExt cx="3600000" cy="1800000"/></a:xfrm></wpg:grpSpPr>'
    )
    group = (
        '<w:r><mc:AlternateContent><mc:Choice Requires="wpg">'
        f"{anchored(NAMESPACES['wpg'], f'{frame}{shapes}</wpg:wgp>')}</mc:Choice>"
        "<mc:Fallback><w:pict/></mc:Fallback></mc:AlternateContent></w:r>"
    )
    boxed = table(row(cell(said("Narzędzia")), cell(said("arkusze"))))
    yield case(
        "text-box-group",
        "pl",
        "grouped text boxes, and a table inside a text box",
        package(document(paragraph(group) + paragraph(text_box(boxed, boxed)) + lines("pl"))),
        "Kontakt telefoniczny Dyspozycyjność natychmiastowa Narzędzia arkusze",
        once=("Narzędzia", "Dyspozycyjność"),
    )
    headed = part("hdr", paragraph(text_box(said("Tramvajenka"), said("Tramvajenka"))))
    yield case(
        "text-box-header",
        "cs",
        "text box inside a header",
        package(
            document(
                lines("cs"),
                '<w:sectPr><w:headerReference w:type="default" r:id="rId2"/></w:sectPr>',
            ),
            others={"header1.xml": headed},
            targets=(("styles", "styles.xml"), ("header", "header1.xml")),
        ),
        "Tramvajenka",
        once=("Tramvajenka",),
    )
    deepest = table(row(cell(said("Μεταπτυχιακό"))), columns=1)
    inner = table(row(cell(said("Πτυχίο"), deepest, paragraph()), cell(said("Πάτρα"))))
    yield case(
        "nested-tables",
        "el",
        "the whole resume in a table, with tables inside its cells",
        package(
            document(
                table(row(cell(lines("el")), cell(said("Σπουδές"), inner, paragraph())))
                + paragraph()
            )
        ),
        "Σπουδές Πτυχίο Μεταπτυχιακό Πάτρα",
        once=("Μεταπτυχιακό", "Πάτρα"),
    )
    irregular = table(
        row(cell(said("Образование"), properties='<w:gridSpan w:val="9"/>')),
        row(
            cell(said("Самара"), properties="<w:vMerge/>"),
            cell(said("Вечерние"), properties='<w:vMerge w:val="restart"/>'),
            cell(said("курсы"), properties='<w:gridSpan w:val="0"/>'),
        ),
        row(
            "<w:tc><w:p/></w:tc>",
            cell(paragraph(), properties="<w:vMerge/>"),
            properties='<w:trPr><w:gridBefore w:val="4"/><w:gridAfter w:val="3"/></w:trPr>',
        ),
        row(),
        row(cell(said("Отличница"))),
        columns=3,
    )
    yield case(
        "irregular-merges",
        "ru",
        "merged cells that fit no grid",
        package(document(lines("ru") + irregular + paragraph())),
        "Образование Самара Вечерние курсы Отличница",
        once=("Образование", "Вечерние", "Отличница"),
    )
    gridless = (
        "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>Mecánica</w:t></w:r></w:p></w:tc><w:tc/></w:tr></w:tbl>"
    )
    yield case(
        "no-grid",
        "es",
        "table without a grid and a cell without a paragraph",
        package(document(lines("es") + gridless)),
        "Mecánica",
        producer="an HTML to DOCX exporter",
    )


def _fields_and_changes() -> Iterator[Resume]:
    controls = (
        control(said("Osobní profil"))
        + paragraph(run("Dostupnost: "), control(run("ihned")))
        + table(
            control(row(cell(said("Vzdělání")), cell(said("Učiliště")))),
            row(control(cell(said("Praxe"))), cell(control(said("Brigády")))),
        )
        + control(control(paragraph(control(run("Vnořený")))))
    )
    yield case(
        "content-controls",
        "cs",
        "content controls around blocks, runs, rows and cells, and inside each other",
        package(document(controls + lines("cs"))),
        "Osobní profil Dostupnost ihned Vzdělání Učiliště Praxe Brigády Vnořený",
        forbidden=("Aliasname", "Placeholderpart"),
    )
    author = 'w:id="7" w:author="Revisionauthor" w:date="2024-01-02T03:04:05Z"'
    changed = (
        paragraph(
            run("Certified "),
            f"<w:ins {author}>{run('beekeeper')}</w:ins>",
            f"<w:del {author}><w:r><w:delText>Deletedtrade</w:delText></w:r></w:del>",
            f"<w:moveFrom {author}>{run('Movedaway')}</w:moveFrom>",
        )
        + paragraph(f"<w:moveTo {author}>{run('Orchardist')}</w:moveTo>")
        + f"<w:ins {author}>{said('Pollination')}</w:ins>"
        + table(
            row(
                cell(said("Insertedrow")),
                cell(said("Seventeen")),
                properties=f"<w:trPr><w:ins {author}/></w:trPr>",
            ),
        )
    )
    yield case(
        "tracked-changes",
        "en",
        "tracked insertions, deletions and moves",
        package(document(changed + lines("en"))),
        "Certified beekeeper Orchardist Pollination Insertedrow Seventeen",
        forbidden=("Deletedtrade", "Movedaway", "Revisionauthor"),
    )
    linked = (
        paragraph(run("Site: "), f'<w:hyperlink r:id="rId2">{run("Portefeuille")}</w:hyperlink>')
        + paragraph(
            field('HYPERLINK "https://example.com/instructionsecrete" \\t "_blank"', "Publications")
        )
        + paragraph(
            f'<w:fldSimple w:instr=" DOCVARIABLE Fieldpicture ">{run("printemps")}</w:fldSimple>'
        )
        + paragraph(field("DOCVARIABLE Conditioncode", "vérifié"))
        + paragraph(
            '<w:r><w:fldChar w:fldCharType="begin"><w:ffData><w:name w:val="Formfieldname"/></w:ffData></w:fldChar>'
            '</w:r><w:r><w:instrText xml:space="preserve"> FORMTEXT </w:instrText></w:r>'
            '<w:r><w:fldChar w:fldCharType="separate"/></w:r>',
            run("Mobilité régionale"),
            '<w:r><w:fldChar w:fldCharType="end"/></w:r>',
        )
    )
    yield case(
        "fields",
        "fr",
        "hyperlinks, complex and simple fields, form fields",
        package(
            document(lines("fr") + linked),
            targets=(("styles", "styles.xml"), ("hyperlink", "https://example.com/cibleexterne")),
        ),
        "Site Portefeuille Publications printemps vérifié Mobilité régionale",
        forbidden=(
            "HYPERLINK",
            "instructionsecrete",
            "Fieldpicture",
            "Conditioncode",
            "Formfieldname",
            "FORMTEXT",
            "cibleexterne",
        ),
    )
    wrapped = paragraph(
        f'<w:smartTag w:uri="urn:smart" w:element="Smartelement">{run("Drottningholm")}</w:smartTag>',
        f'<w:customXml w:uri="urn:custom" w:element="Customelement">{run(" kyrkokör")}</w:customXml>',
        f'<w:bdo w:val="ltr">{run(" sopran")}</w:bdo><w:dir w:val="ltr">{run(" altfiol")}</w:dir>',
        '<w:bookmarkStart w:id="0" w:name="Bookmarkname"/><w:bookmarkEnd w:id="0"/>',
    )
    yield case(
        "wrappers",
        "sv",
        "smart tags, custom XML and directions around runs",
        package(document(lines("sv") + wrapped)),
        "Drottningholm kyrkokör sopran altfiol",
        forbidden=("Smartelement", "Customelement", "Bookmarkname"),
    )
    hidden = paragraph(
        run("Sichtbarwort "),
        run("Verstecktwort", "<w:vanish/>"),
        run(" Schlusswort", '<w:b w:val="0"/>'),
    )
    yield case(
        "hidden",
        "de",
        "hidden text",
        package(document(lines("de") + hidden)),
        "Sichtbarwort Schlusswort",
        forbidden=("Verstecktwort",),
    )


def _characters() -> Iterator[Resume]:
    marks = (
        paragraph(
            run("Entwick"),
            "<w:r><w:softHyphen/></w:r>",
            run("lungs\u00adabteilung"),
            "<w:r><w:tab/></w:r>",
            run("Arnstadt"),
        )
        + paragraph(
            "<w:r><w:t>Fach</w:t><w:noBreakHyphen/><w:t>Ausbilder</w:t><w:br/><w:t>Gesellenbrief</w:t></w:r>"
        )
        + paragraph(
            "<w:r><w:t>Netzplan</w:t><w:cr/><w:t>Lötkolben</w:t><w:ptab/><w:t>Prüfstrom</w:t></w:r>"
        )
        + paragraph('<w:r><w:sym w:font="Wingdings" w:char="F0FC"/></w:r>', run(" Ersthelferin"))
        + paragraph(
            run("Punkt\u00a0Komma\u2003Strich"), '<w:r><w:br w:type="page"/></w:r>', run("Neuseite")
        )
    )
    yield case(
        "marks",
        "de",
        "soft and no-break hyphens, tabs, breaks, symbols, no-break spaces",
        package(document(lines("de") + marks)),
        "Entwicklungsabteilung Arnstadt Fach-Ausbilder Gesellenbrief Netzplan Lötkolben Prüfstrom",
        "Ersthelferin Punkt Komma Strich Neuseite",
    )
    split = "".join(
        paragraph(
            '<w:proofErr w:type="spellStart"/>',
            *(
                run(line[start : start + 3], '<w:lang w:val="el-GR"/>')
                + '<w:r><w:lastRenderedPageBreak/></w:r><w:bookmarkStart w:id="1" w:name="Goback"/>'
                for start in range(0, len(line), 3)
            ),
            '<w:proofErr w:type="spellEnd"/>',
        )
        for line in LINES["el"]
    )
    yield case(
        "split-runs",
        "el",
        "words split into runs by the spell checker",
        package(document(split)),
        forbidden=("Goback",),
    )
    decomposed = "".join(said(unicodedata.normalize("NFD", line)) for line in LINES["fr"])
    yield case(
        "decomposed",
        "fr",
        "accents as characters of their own",
        package(document(decomposed)),
        producer="Pages",
    )
    for language in ("ar", "he"):
        leftward = "".join(
            paragraph(
                "<w:pPr><w:bidi/></w:pPr>", run(line, f'<w:rtl/><w:lang w:bidi="{language}"/>')
            )
            for line in LINES[language]
        )
        yield case(
            f"right-to-left-{language}", language, "right to left", package(document(leftward))
        )
    yield case(
        "utf16",
        "ja",
        "main part in UTF-16",
        package(_in_utf16(document(lines("ja")))),
        producer="a Java exporter",
    )


def _in_utf16(xml: str) -> bytes:
    return xml.replace('encoding="UTF-8"', 'encoding="UTF-16"').encode("utf-16")


def _packages() -> Iterator[Resume]:
    yield case(
        "word-online",
        "en",
        "main part named document2.xml",
        package(document(lines("en")), at="word/document2.xml"),
        producer="Word Online",
    )
    google = document(
        lines("es") + paragraph('<w:r><w:rPr><w:rtl w:val="0"/></w:rPr><w:t>Huerto</w:t></w:r>')
    )
    parts = package(google)
    del parts["docProps/core.xml"]
    parts["_rels/.rels"] = relations(("officeDocument", "word/document.xml"))
    yield case(
        "google",
        "es",
        "sizes after the entries, no metadata",
        dict(reversed(parts.items())),
        "Huerto",
        producer="Google Docs",
        streamed=True,
    )
    libre = document(
        lines("cs").replace('w:rsidR="00B2" w:rsidRDefault="00C3"', "") + said("Příloha")
    )
    yield case("libreoffice", "cs", "plain", package(libre), "Příloha", producer="LibreOffice")
    pages = document(
        paragraph("<w:pPr><w:pStyle w:val='Body A'/></w:pPr>", run("Bénévolat")) + lines("fr")
    )
    yield case(
        "pages",
        "fr",
        "absolute target of the main part",
        {
            name: content.replace('Target="word/', 'Target="/word/')
            if isinstance(content, str)
            else content
            for name, content in package(pages).items()
        },
        "Bénévolat",
        producer="Pages",
    )
    strict = document(lines("de") + paragraph(text_box(said("Zeugnisse"), said("Zeugnisse"))))
    for step, name in NAMESPACES.items():
        if name.startswith(OPEN) and step != "mc":
            strict = strict.replace(name, name.replace(OPEN, STRICT).replace("/2006", ""))
    yield case(
        "strict",
        "de",
        "Strict namespaces",
        package(
            strict.replace("<w:document ", '<w:document w:conformance="strict" '),
            base=f"{STRICT}/officeDocument/relationships",
        ),
        "Zeugnisse",
        once=("Zeugnisse",),
    )
    yield case(
        "null-relation",
        "en",
        "relation to ../NULL",
        package(
            document(lines("en")),
            targets=(("styles", "styles.xml"), ("image", "../NULL"), ("image", "NULL")),
        ),
    )
    yield case(
        "missing-styles",
        "sv",
        "relation to a part that is missing",
        package(
            document(lines("sv")),
            styles=False,
            targets=(
                ("styles", "styles.xml"),
                ("header", "header9.xml"),
                ("footnotes", "footnotes.xml"),
            ),
        ),
        producer="an ATS's exporter",
    )
    unrelated = package(document(lines("pl")))
    del unrelated["word/_rels/document.xml.rels"]
    yield case(
        "no-relations", "pl", "no relations of the main part", unrelated, producer="a PHP exporter"
    )
    prefixed = (
        document(lines("ru"))
        .replace("<w:", "<ns0:")
        .replace("</w:", "</ns0:")
        .replace(" w:", " ns0:")
    )
    yield case(
        "prefixes",
        "ru",
        "another prefix for the main namespace",
        package(prefixed.replace("xmlns:w=", "xmlns:ns0=")),
        producer="a Python exporter",
    )
    defaulted = (
        document(lines("he"))
        .replace("<w:", "<")
        .replace("</w:", "</")
        .replace("xmlns:w=", "xmlns=")
    )
    yield case(
        "default-namespace",
        "he",
        "main namespace without a prefix",
        package(defaulted.replace("<document ", f'<document xmlns:w="{NAMESPACES["w"]}" ')),
        producer="an XSLT exporter",
    )
    upper = package(document(lines("en")), at="Word/Document.XML")
    upper["_rels/.rels"] = str(upper["_rels/.rels"]).replace(
        "Word/Document.XML", "word/document.xml"
    )
    yield case(
        "part-names", "en", "names of parts in another case", upper, producer="an ATS's exporter"
    )


def _rarities() -> Iterator[Resume]:
    word_art = (
        '<w:r><w:pict><v:shape id="Shapeidentity" type="#_x0000_t136" style="width:300pt;height:40pt">'
        '<v:textpath style="font-family:Fontname" string="Portafolio Botánico"/></v:shape></w:pict></w:r>'
    )
    yield case(
        "word-art",
        "es",
        "a title as WordArt",
        package(document(paragraph(word_art) + lines("es"))),
        "Portafolio Botánico",
        forbidden=("Fontname",),
    )
    formula = paragraph("<m:oMath><m:r><m:t>Wirkungsgrad</m:t></m:r></m:oMath>", run(" verbessert"))
    yield case(
        "formula",
        "de",
        "a formula",
        package(document(lines("de") + formula)),
        "Wirkungsgrad verbessert",
    )
    ruby = (
        "<w:r><w:ruby><w:rt><w:r><w:t> </w:t></w:r></w:rt><w:rubyBase><w:r><w:t>履歴</w:t></w:r></w:rubyBase>"
        "</w:ruby></w:r>"
    )
    yield case(
        "ruby",
        "ja",
        "ruby",
        package(document(lines("ja") + paragraph(run("別添 "), ruby))),
        "別添 履歴",
    )
    shown_again = paragraph(
        run("Synligt", '<w:vanish w:val="0"/>'), run(" uppdrag", '<w:vanish w:val="false"/>')
    )
    yield case(
        "not-hidden",
        "sv",
        "text that is explicitly not hidden",
        package(document(lines("sv") + shown_again)),
        "Synligt uppdrag",
    )
    begun, parted, ended = (
        f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>' for kind in ("begin", "separate", "end")
    )
    nested = paragraph(
        run("Zvláštní "),
        begun,
        "<w:r><w:instrText> IF </w:instrText></w:r>",
        field("DOCVARIABLE Innercode", "Vnitřnívýsledek"),
        '<w:r><w:instrText> = "1" "Pravdivě" </w:instrText></w:r>',
        parted,
        run("poznámka"),
        ended,
        run(" Náchod"),
    )
    yield case(
        "nested-fields",
        "cs",
        "a field inside the code of another",
        package(document(lines("cs") + nested)),
        "Zvláštní poznámka Náchod",
        forbidden=("Innercode", "Vnitřnívýsledek", "Pravdivě"),
    )
    unclosed = paragraph(
        begun, "<w:r><w:instrText> DOCVARIABLE Lostcode </w:instrText></w:r>", parted, run("Ouvert")
    )
    yield case(
        "unclosed-field",
        "fr",
        "a field that never ends",
        package(document(unclosed + lines("fr"))),
        "Ouvert",
        producer="an ATS's exporter",
        forbidden=("Lostcode",),
    )
    deep = said("Głęboko")
    for _ in range(24):
        deep = table(row(cell(deep, paragraph())), columns=1)
    yield case(
        "deep-tables",
        "pl",
        "24 tables inside each other",
        package(document(lines("pl") + deep)),
        "Głęboko",
    )
    stale = package(
        document(lines("en")),
        at="word/document2.xml",
        others={
            "document.xml": document(said("Leftoverdocument")),
            "glossary/document.xml": part(
                "glossaryDocument", f"<w:docParts>{said('Glossaryplaceholder')}</w:docParts>"
            ),
            "comments.xml": part("comments", ""),
        },
        targets=(("styles", "styles.xml"), ("glossaryDocument", "glossary/document.xml")),
    )
    yield case(
        "leftovers",
        "en",
        "a main part that nothing refers to, and a glossary",
        stale,
        producer="Word Online",
        forbidden=("Leftoverdocument", "Glossaryplaceholder"),
    )
    changed = (
        '<w:p><w:pPr><w:pStyle w:val="Heading1"/><w:pPrChange w:id="3" w:author="Revisionauthor"><w:pPr/></w:pPrChange>'
        '<w:rPr><w:ins w:id="4" w:author="Revisionauthor"/></w:rPr></w:pPr>'
        f"{run('Νερόμυλος')}</w:p>"
        + paragraph(
            '<w:del w:id="5" w:author="Revisionauthor"><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r>'
            "<w:delInstrText>"
            'Deletedcode</w:delInstrText></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r></w:del>',
            run("Αναστήλωση"),
        )
    )
    yield case(
        "changed-formats",
        "el",
        "tracked formats and a deleted field",
        package(document(lines("el") + changed)),
        "Νερόμυλος Αναστήλωση",
        forbidden=("Deletedcode", "Revisionauthor"),
    )
    commented = "<!-- Xmlcomment --><?mso-application Instructiontext?>" + "".join(
        paragraph(f"<w:r><w:t><![CDATA[{line}]]></w:t></w:r>") for line in LINES["ru"]
    )
    yield case(
        "xml-forms",
        "ru",
        "CDATA, comments and processing instructions",
        package(document(commented)),
        producer="a Java exporter",
        forbidden=("Xmlcomment", "Instructiontext"),
    )


def _unreadable() -> Iterator[Resume]:
    picture = package(
        document(
            paragraph(
                '<w:r><w:drawing><wp:inline><a:blip r:embed="rId2"/></wp:inline></w:drawing></w:r>'
            )
        ),
        others={"media/image1.png": png(width=9, height=9)},
        targets=(("styles", "styles.xml"), ("image", "media/image1.png")),
    )
    scan = case("picture-only", "en", "a scan and no text", picture, producer="a phone's scanner")
    yield Resume(**{**vars(scan), "words": (), "feature_words": (), "outcome": "empty"})
    halved = document(lines("fr"))
    broken = case("cut-xml", "fr", "main part cut off", package(halved[: len(halved) // 9]))
    yield Resume(**{**vars(broken), "words": (), "feature_words": (), "outcome": "failed"})
    whole = case("cut-zip", "de", "download cut off", package(document(lines("de"))))
    yield Resume(
        **{
            **vars(whole),
            "words": (),
            "feature_words": (),
            "outcome": "failed",
            "content": whole.content[:700],
        }
    )
