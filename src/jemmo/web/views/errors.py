"""What is shown when a page cannot be."""

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from jemmo.web.context import chosen_theme


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Without the frame: what is wrong may be the request that the frame would ask."""
    if isinstance(exception, RequestDataTooBig | TooManyFieldsSent | TooManyFilesSent):
        return too_large(request)
    shown = {"theme": chosen_theme(request)}
    return HttpResponse(render_to_string("web/400.html", shown), status=400)


def too_large(request: HttpRequest) -> HttpResponse:
    """Without the frame: who sends it may be nobody we know."""
    shown = {"theme": chosen_theme(request)}
    answer = HttpResponse(render_to_string("web/413.html", shown), status=413)
    answer["Connection"] = "close"
    return answer


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "web/403.html", status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "web/404.html", status=404)


def failed(request: HttpRequest) -> HttpResponse:
    """Without the frame, which may be what failed."""
    shown = {"theme": chosen_theme(request)}
    return HttpResponse(render_to_string("web/500.html", shown), status=500)
