"""What is shown when a page cannot be."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from jemmo.web.context import chosen_theme


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Without the frame: what is wrong may be the request that the frame would ask."""
    shown = {"theme": chosen_theme(request)}
    return HttpResponse(render_to_string("web/400.html", shown), status=400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "web/403.html", status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "web/404.html", status=404)


def failed(request: HttpRequest) -> HttpResponse:
    """Without the frame, which may be what failed."""
    shown = {"theme": chosen_theme(request)}
    return HttpResponse(render_to_string("web/500.html", shown), status=500)
