"""The web application, for an ASGI server."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jemmo.settings")
django.setup(set_prefix=False)

from jemmo.web.frame.limits import Receive, Scope, Send, limited  # noqa: E402 - as above
from jemmo.web.frame.one_answer import SharedProbe  # noqa: E402 - as above
from jemmo.web.frame.serving import ALIVE, READY, Pages, alive  # noqa: E402 - as above
from jemmo.web.webhooks.ingest import PREFIX, Hooks  # noqa: E402 - once Django is set up

_django = Pages()
pages = limited(_django)
ready = SharedProbe(_django, READY)
hooks = Hooks()


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Send webhooks to their own small application, everything else to Django."""
    path = str(scope.get("path", ""))
    if scope["type"] == "http" and path.startswith(PREFIX):
        await hooks(scope, receive, send)
    elif path == ALIVE:
        await alive(send)
    elif scope["type"] == "http" and path == READY:
        await ready(scope, receive, send)
    else:
        await pages(scope, receive, send)
