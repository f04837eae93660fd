"""Django's ``url`` tag with a cache for addresses without parameters, of which a page has about 25."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django import template
from django.template.base import Parser, Token
from django.template.defaulttags import URLNode
from django.template.defaulttags import url as parsed
from django.urls import NoReverseMatch, get_script_prefix, get_urlconf, reverse

register = template.Library()


class RememberedURLNode(URLNode):
    """The URL of a page without parameters."""

    def render(self, context: Any) -> str:
        name = str(self.view_name.resolve(context))
        if ":" in name:  # depends on the application that responds
            return str(super().render(context))
        try:
            address = _address(name, get_script_prefix(), get_urlconf())
        except NoReverseMatch:
            return str(super().render(context))
        if self.asvar:
            context[self.asvar] = address
            return ""
        return address


@lru_cache(maxsize=1000)
def _address(name: str, _prefix: str, urlconf: str | None) -> str:
    return reverse(name, urlconf=urlconf)


@register.tag
def url(parser: Parser, token: Token) -> URLNode:
    node = parsed(parser, token)
    if node.args or node.kwargs:
        return node
    return RememberedURLNode(node.view_name, node.args, node.kwargs, node.asvar)
