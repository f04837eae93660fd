"""A web process loads everything before it answers."""

from __future__ import annotations

import gc
from typing import cast

import pytest
from django.template import engines
from django.template.backends.django import DjangoTemplates
from django.template.loaders.cached import Loader

from jemmo.web.frame.warming import warm_up


def test_every_template_is_compiled_before_the_first_page(monkeypatch: pytest.MonkeyPatch) -> None:
    frozen: list[None] = []
    monkeypatch.setattr(gc, "freeze", lambda: frozen.append(None))
    (loader,) = cast("DjangoTemplates", engines["django"]).engine.template_loaders
    cached = cast("Loader", loader)
    cached.reset()
    warm_up()
    names = {key.partition("-")[0] for key in cached.get_template_cache}
    assert {"records/talents.html", "account/login.html"} <= names
    assert frozen
