"""Pages as a browser reads them, so that tests don't depend on a template's layout."""

from __future__ import annotations

import re

NAMES = (
    "html|head|body|main|nav|header|footer|section|article|aside|div|p|ul|ol|li|dl|dt|dd|h[1-6]|form|fieldset|legend"
    "|table|caption|thead|tbody|tfoot|tr|th|td|details|summary|select|option|hr|br"
)
BLOCK = rf"</?(?:{NAMES})\b[^>]*>"
AT_ITS_START = re.compile(rf"{BLOCK}(?: ?<(?!input|button|img)[^>]*>)* ?")
AT_ITS_END = re.compile(rf" (?=(?:</[^>]*> ?)*{BLOCK})")


def collapsed(page: str) -> str:
    """Remove invisible whitespace: repeated, or at the start or end of a block."""
    words = re.sub(r"[ \t\n]+", " ", page).strip()
    return AT_ITS_END.sub("", AT_ITS_START.sub(lambda start: start[0].replace("> ", ">"), words))
