"""URLs for links in e-mails, and safe redirect targets."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from django.http.request import split_domain_port
from django.utils.http import url_has_allowed_host_and_scheme

from jemmo.domain.validation import may_be_address, split_address


def absolute(request: HttpRequest, path: str) -> str:
    """A path of this site with its host, from ``JEMMO_URL``.

    Without that setting, the host is the request's, which must be one of ours. Its port is kept only if the server
    listens there, because a visitor may write any port into the request.
    """
    if settings.SITE_URL:
        return f"{settings.SITE_URL}{path}"
    host, port = split_domain_port(request.get_host())
    own = str(request.META.get("SERVER_PORT", ""))
    return f"{request.scheme}://{host}{f':{own}' if port and own else ''}{path}"


def back(request: HttpRequest, target: str | None, *, query: bool = True) -> str:
    """Where to go after a form: a path of this site, ``/`` for anything else."""
    if not may_be_address(target or ""):
        return "/"
    try:
        parts = split_address(target or "")
    except ValueError:
        return "/"
    path = parts.path + (f"?{parts.query}" if query and parts.query else "")
    inside = url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()})
    ours = inside and url_has_allowed_host_and_scheme(path, allowed_hosts=None)
    return path if ours and path.startswith("/") else "/"
