"""The text of an invented CV."""

from jemmo.sandbox.mixing import mix
from jemmo.sandbox.table import Table
from jemmo.sandbox.teamtailor import texts


def curriculum(table: Table, record: int, salt: int) -> str:
    """Return a few lines about this talent, the same every time."""
    bits = mix(salt, record)
    name = " ".join(
        str(table.facet(record, f"{part}-name") or "").strip() for part in ("first", "last")
    )
    skills = ", ".join(texts.SKILLS[(bits >> n * 4) % len(texts.SKILLS)] for n in range(4))
    title = (texts.TITLES_FR, texts.TITLES_EN)[bits & 1][bits >> 8 & 7]
    employer = texts.EMPLOYERS[bits % len(texts.EMPLOYERS)]
    since = 2012 + (bits >> 20) % 12
    contact = table.facet(record, "email") or "contact on request"
    return "\n".join(
        (name.strip() or "Curriculum vitae", title, contact, f"{since} - {employer}", skills)
    )
