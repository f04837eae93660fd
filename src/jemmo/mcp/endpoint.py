"""`/mcp`: the Model Context Protocol over HTTP, for whoever shows an API token."""

from __future__ import annotations

from asgiref.sync import async_to_sync
from django.http import HttpRequest, HttpResponse
from django.utils.cache import add_never_cache_headers
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from jemmo.api.access import authorize
from jemmo.api.problems import Problem, answer
from jemmo.domain.tokens import ApiScope
from jemmo.mcp.caller import Caller

PASSED_ON = ("Content-Type", "Accept", "Mcp-Protocol-Version", "Mcp-Method", "Mcp-Name")


@csrf_exempt
@require_POST
def endpoint(request: HttpRequest) -> HttpResponse:
    """One message and its answer. There is no stream to open, so any other method is refused."""
    try:
        token, left = authorize(request, ApiScope.RECORDS)
        from jemmo.mcp.server import exchange  # the SDK takes a second to import  # noqa: PLC0415
    except Problem as problem:
        return answer(problem)
    except ImportError:
        return answer(NOT_INSTALLED)
    headers = [
        (name.lower().encode(), request.headers[name].encode("latin-1", "replace"))
        for name in PASSED_ON
        if name in request.headers
    ]
    reply = async_to_sync(exchange)(Caller(org=token.org, token=token), request.body, headers)
    response = HttpResponse(reply.body, status=reply.status, content_type=reply.content_type)
    add_never_cache_headers(response)
    for name, value in left.items():
        response[name] = value
    return response


NOT_INSTALLED = Problem(501, "mcp_not_installed")
