"""The kinds of files that are kept, as content types."""

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
ODT = "application/vnd.oasis.opendocument.text"
DOC = "application/msword"
RTF = "application/rtf"
TEXT = "text/plain"
JPEG = "image/jpeg"
PNG = "image/png"

ENDINGS = {
    PDF: "pdf",
    DOCX: "docx",
    ODT: "odt",
    DOC: "doc",
    RTF: "rtf",
    TEXT: "txt",
    JPEG: "jpg",
    PNG: "png",
}
"""The kept kinds, with their usual file extension."""

IMAGES = {JPEG, PNG}
"""The kinds without text."""
