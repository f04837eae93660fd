"""Probes for load balancers and monitoring: is the process alive, and can it work?"""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from jemmo.services.operations import metrics as measured
from jemmo.services.operations import readiness
from jemmo.store.db import scope
from jemmo.web.frame.middleware import Middleware


class Probes(Middleware):
    """Answers load balancers before the host name is checked, since they connect by IP address.

    It also skips sign-in, which would fail first without a database.
    """

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path == "/healthz":
            return healthz(request)
        if request.path == "/readyz":
            return readyz(request)
        return self.get_response(request)


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """200 if everything works, else 503 with the problems."""
    checks = readiness.checks()
    ready = all(outcome == "ok" for outcome in checks.values())
    answer = JsonResponse({"ready": ready, "checks": checks}, status=200 if ready else 503)
    answer["Cache-Control"] = "no-store"
    if not ready:
        answer["Retry-After"] = "10"
    return answer


def metrics(request: HttpRequest) -> HttpResponse:
    """Metrics for Prometheus, with the token of ``JEMMO_METRICS_TOKEN``; 404 otherwise unless ``JEMMO_METRICS_OPEN=1``.

    A request's address proves nothing: behind a proxy on this machine, all requests come from this machine.
    """
    if not may_measure(request.headers.get("Authorization", "")):
        raise Http404
    with scope.acting_in(scope.EVERYTHING):
        return HttpResponse(measured.rendered(), content_type=CONTENT_TYPE_LATEST)


def may_measure(authorization: str) -> bool:
    """Whether a request with this header, empty without one, may see the metrics."""
    if not settings.METRICS_TOKEN:
        return bool(settings.METRICS_OPEN)
    scheme, _, token = authorization.partition(" ")
    return scheme == "Bearer" and constant_time_compare(token, settings.METRICS_TOKEN)
