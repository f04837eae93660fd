"""The web application, for an ASGI server."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jemmo.settings")
django.setup(set_prefix=False)

from jemmo.web.hooks import PREFIX, Hooks  # noqa: E402 - once Django is set up
from jemmo.web.limits import Receive, Scope, Send, limited  # noqa: E402 - as above
from jemmo.web.serving import ALIVE, Pages, alive  # noqa: E402 - as above

pages = limited(Pages())
hooks = Hooks()


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Webhooks go their own short way, everything else to Django."""
    path = str(scope.get("path", ""))
    if scope["type"] == "http" and path.startswith(PREFIX):
        await hooks(scope, receive, send)
    elif path == ALIVE:
        await alive(send)
    else:
        await pages(scope, receive, send)
