"""Loads what the first visitors would otherwise wait for."""

from __future__ import annotations

import gc
from pathlib import Path

from django.template.loader import get_template
from django.urls import get_resolver, reverse


def warm_up() -> None:
    """Import all views and compile all templates, and exclude them from garbage collection.

    Otherwise every page that is requested first waits until all views are loaded, and each full collection stops the
    process for a tenth of a second to look at them again.
    """
    assert get_resolver().url_patterns
    reverse("home")  # builds the table of names
    for name in _template_names():
        get_template(name)
    gc.collect()
    gc.freeze()


def _template_names() -> list[str]:
    folders = Path(__file__).parent.parent.glob("*/templates")
    return [
        str(file.relative_to(folder))
        for folder in folders
        for file in folder.rglob("*")
        if file.is_file()
    ]
