"""For load balancers and watchers: is the process alive, and can it do its work?"""

from django.http import HttpRequest, HttpResponse, JsonResponse

from jemmo.services import readiness


def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok\n", content_type="text/plain")


def readyz(request: HttpRequest) -> HttpResponse:
    """200 when all is well, else 503 with what is not."""
    found = readiness.checks()
    ready = all(outcome == "ok" for outcome in found.values())
    answer = JsonResponse({"ready": ready, "checks": found}, status=200 if ready else 503)
    answer["Cache-Control"] = "no-store"
    return answer
