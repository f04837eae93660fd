"""For load balancers and watchers: is the process alive, and can it do its work?"""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare
from prometheus_client import CONTENT_TYPE_LATEST

from jemmo.services import metrics as measured
from jemmo.services import readiness
from jemmo.store import scope


def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok\n", content_type="text/plain")


def readyz(request: HttpRequest) -> HttpResponse:
    """200 when all is well, else 503 with what is not."""
    found = readiness.checks()
    ready = all(outcome == "ok" for outcome in found.values())
    answer = JsonResponse({"ready": ready, "checks": found}, status=200 if ready else 503)
    answer["Cache-Control"] = "no-store"
    return answer


def metrics(request: HttpRequest) -> HttpResponse:
    """For Prometheus: with the token of ``JEMMO_METRICS_TOKEN``, else from this machine alone; 404 to others."""
    if not _may_measure(request):
        raise Http404
    with scope.under(scope.EVERYTHING):
        return HttpResponse(measured.rendered(), content_type=CONTENT_TYPE_LATEST)


def _may_measure(request: HttpRequest) -> bool:
    token = settings.METRICS_TOKEN
    if token:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return constant_time_compare(given, token)
    here = request.META.get("REMOTE_ADDR") in {"127.0.0.1", "::1"}
    return here and "X-Forwarded-For" not in request.headers
