"""Kinds and states of files."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

FILES: dict[str, dict[str, str | Promise]] = {
    "file": {
        "RESUME": pgettext_lazy("file", "Resume"),
        "COVER_LETTER": pgettext_lazy("file", "Cover letter"),
        "PORTFOLIO": pgettext_lazy("file", "Portfolio"),
        "OFFER_LETTER": pgettext_lazy("file", "Offer letter"),
        "TEST": pgettext_lazy("file", "Test"),
        "OTHER": pgettext_lazy("file", "File"),
    },
    "file_type": {
        "application/pdf": "PDF",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "Word",
        "application/msword": "Word",
        "application/vnd.oasis.opendocument.text": "OpenDocument",
        "application/rtf": "RTF",
        "text/plain": pgettext_lazy("file type", "Text"),
        "image/jpeg": pgettext_lazy("file type", "Image"),
        "image/png": pgettext_lazy("file type", "Image"),
    },
    "file_text": {
        "PENDING": _("Reading the text"),
        "DONE": _("The text isn't stored"),
        "EMPTY": _("No text found"),
        "FAILED": _("The text couldn't be read"),
        "TOO_SLOW": _("The text couldn't be read"),
        "NO_READER": _("The text couldn't be read"),
    },
    "file_text_reason": {
        "PENDING": _("The text will appear here within an hour."),
        "DONE": _("Jemmo stores text only for a file's latest version."),
        "EMPTY": _("The file doesn't contain any text. It may be a scan."),
        "FAILED": _("The file is damaged or in a format that Jemmo doesn't support."),
        "TOO_SLOW": _("Reading the file took too much time or memory."),
        "NO_READER": _("Jemmo can't read files on this system."),
    },
    "file_reason": {
        "empty": _("it is empty"),
        "too_large": _("it is too large for Jemmo to store"),
        "storage_too_large": _("it is larger than the file storage accepts"),
        "type_not_kept": _("its type isn't supported"),
        "broken": _("it is damaged"),
        "archive_bomb": _("it would be too large once decompressed"),
        "macros": _("it contains macros"),
        "embedded": _("it contains another file or program"),
        "encrypted": _("it is password-protected"),
        "too_costly": _("inspecting it took too much time or memory"),
        "not_a_resume": _("the ATS didn't send a file"),
        "file_host": _("it is on a host that isn't allowed"),
        "resumes_off": _("the ATS doesn't document how to download files"),
        "files_off": _("the ATS doesn't provide files"),
        "file_not_told": _("the ATS hasn't provided the file's location"),
    },
}
