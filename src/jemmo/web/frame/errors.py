"""Error pages."""

from __future__ import annotations

import sys

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import Resolver404
from django.utils import translation
from django.utils.translation import gettext

from jemmo.store.db.postgres import is_away, is_unstorable
from jemmo.web.frame.access import NotForRole, NotForViewer
from jemmo.web.frame.context import chosen_theme

RETRY_SECONDS = 10


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Render without the frame, since the problem may be in the request itself."""
    if isinstance(exception, RequestDataTooBig | TooManyFieldsSent | TooManyFilesSent):
        return too_large(request)
    if is_away(exception):  # a session that could not be saved
        return unavailable(request)
    return _answered(request, 400)


def too_large(request: HttpRequest) -> HttpResponse:
    """Render without the frame, since the sender may not be signed in."""
    answer = _answered(request, 413)
    answer["Connection"] = "close"
    return answer


def too_long(request: HttpRequest) -> HttpResponse:
    """The URL is too long, so no link on the page may repeat it."""
    return _answered(request, 414)


def too_many(request: HttpRequest) -> HttpResponse:
    return render(request, "429.html", status=429)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Access denied. Only the support staff's pages refuse access this way."""
    who = "recruiters" if isinstance(exception, NotForViewer) else "support"
    return render(request, "frame/403.html", {"who": who}, status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    shown = {
        "for_managers": isinstance(exception, NotForRole),
        "no_page": isinstance(exception, Resolver404),  # not one of our URLs, so it names no record
    }
    return render(request, "frame/404.html", shown, status=404)


def failed(request: HttpRequest) -> HttpResponse:
    """Render without the frame, which may have caused the failure. Called while the exception is handled."""
    error = sys.exc_info()[1]
    if is_away(error):
        return unavailable(request)
    if is_unstorable(error):
        return _answered(request, 400)
    return _answered(request, 500)


def _answered(request: HttpRequest, status: int) -> HttpResponse:
    shown = {"theme": chosen_theme(request)}
    return HttpResponse(render_to_string(f"frame/{status}.html", shown), status=status)


def unavailable(request: HttpRequest) -> HttpResponse:
    """The database does not respond or all threads are busy: retry soon. Needs neither.

    A browser's event source doesn't reconnect after a 503, so it gets an empty stream that says when to reconnect.
    """
    with translation.override(translation.get_language_from_request(request)):
        accepts = request.headers.get("Accept", "")
        if "text/event-stream" in accepts:
            stream = f"retry: {RETRY_SECONDS * 1000}\n\n"
            return _soon(HttpResponse(stream, content_type="text/event-stream"))
        if "application/json" in accepts and "text/html" not in accepts:
            return _soon(JsonResponse({"error": _as_error()}, status=503))
        if "HX-Request" in request.headers:
            text = gettext("Jemmo is busy. Try again in a few seconds.")
            return _soon(HttpResponse(text, content_type="text/plain", status=503))
        again = request.get_full_path() if request.method == "GET" else "/"
        shown = {"theme": chosen_theme(request), "seconds": RETRY_SECONDS, "again": again}
        return _soon(HttpResponse(render_to_string("frame/503.html", shown), status=503))


def _as_error() -> dict[str, str]:
    return {
        "code": "unavailable",
        "message": gettext("Jemmo is busy or can't reach its database."),
        "next_step": gettext("Try again in a few seconds."),
    }


def _soon(response: HttpResponse) -> HttpResponse:
    response["Retry-After"] = str(RETRY_SECONDS)
    response["Cache-Control"] = "no-store"
    response["Vary"] = "Accept, Accept-Language, Cookie, HX-Request"
    return response
