"""Labels for custom fields that an ATS names by a key or an id."""

from __future__ import annotations

import re

_KEY = re.compile(r"[a-zA-Z][a-zA-Z0-9]*(?:[._:][a-zA-Z0-9]+)+|[a-z]+(?:[A-Z][a-z0-9]+)+")
_NAME = re.compile(r"[a-zA-Z0-9]+\.[a-zA-Z0-9]+")  # such as Node.js
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def label_of(name: str | None, prefix: str = "") -> str:
    """Return a readable label: a key becomes words, without the vendor's ``prefix``; an id gets a generic label.

    >>> label_of("offer_min_years_of_experience", "offer"), label_of("Salaire fixe"), label_of(None)
    ('Min years of experience', 'Salaire fixe', 'Custom field')
    >>> label_of("resources.fields.offer_salary_is_public.name", "offer"), label_of("Node.js")
    ('Salary is public', 'Node.js')
    """
    if name is None or _ID.fullmatch(name):
        return "Custom field"
    if not _KEY.fullmatch(name) or _NAME.fullmatch(name):
        return name
    *_, key = re.split(r"[.:]", name.removesuffix(".name"))
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", key).replace("_", " ")
    return words.lower().removeprefix(f"{prefix} ").strip().capitalize() or name
