"""`/mcp`: the Model Context Protocol over HTTP, for callers with an API token."""

from __future__ import annotations

from asgiref.sync import async_to_sync
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from jemmo.api.access import ApiRequest, require_scopes
from jemmo.api.problems import Problem, answer
from jemmo.domain.tokens import ApiScope
from jemmo.mcp.caller import Caller

PASSED_ON = ("Content-Type", "Accept", "Mcp-Protocol-Version", "Mcp-Method", "Mcp-Name")


@csrf_exempt
@require_POST
def endpoint(request: HttpRequest) -> HttpResponseBase:
    """Answer one message. There is no stream to open, so other methods are refused."""
    try:
        return _exchanged(request)
    except Problem as problem:
        return answer(problem)


@require_scopes(ApiScope.RECORDS)
def _exchanged(request: ApiRequest) -> HttpResponse:
    try:
        from jemmo.mcp.server import exchange  # the SDK takes a second to import  # noqa: PLC0415
    except ImportError:
        raise Problem(501, "mcp_not_installed") from None
    headers = [
        (name.lower().encode(), request.headers[name].encode("latin-1", "replace"))
        for name in PASSED_ON
        if name in request.headers
    ]
    caller = Caller(org=request.token.org, token=request.token)
    try:
        reply = async_to_sync(exchange)(caller, request.body, headers)
    except TimeoutError:
        raise Problem(503, "unavailable", variant="api", headers={"Retry-After": "5"}) from None
    return HttpResponse(reply.body, status=reply.status, content_type=reply.content_type)
