"""The web application, for an ASGI server."""

import os
import warnings
from typing import Any

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jemmo.settings")
# Static files are read in a thread, which is what files need; Django would rather be told.
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous")
django: Any = get_asgi_application()

from jemmo.web.hooks import PREFIX, Hooks, Receive, Scope, Send  # noqa: E402 - once Django is set up
from jemmo.web.limits import limited  # noqa: E402 - as above

pages = limited(django)
hooks = Hooks()


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Webhooks go their own short way, everything else to Django."""
    if scope["type"] == "http" and str(scope["path"]).startswith(PREFIX):
        await hooks(scope, receive, send)
    else:
        await pages(scope, receive, send)
