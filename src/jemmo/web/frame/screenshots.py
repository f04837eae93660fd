"""Screenshot mode: disguises people in every response on its way out, whatever view made it.

While a response is made, every person read from the tables is registered (``jemmo.store.db.display_registry``);
afterwards the response's text is changed. So no page can be forgotten.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from functools import cache, wraps
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import trans_real

from jemmo.connectors import names
from jemmo.domain.disguise import Disguise, is_generic
from jemmo.domain.masking import map_texts
from jemmo.domain.validation import split_address
from jemmo.store.db.display_registry import tracking_display
from jemmo.web.frame.middleware import Middleware

SCREENSHOT = "screenshot"
SAFE = ("GET", "HEAD", "OPTIONS")
HELP = "/help/"  # people may deliberately write generic names to support
SECRETS = ("/accounts/2fa/totp/activate", "/accounts/2fa/recovery-codes")
HEADERS = ("HX-Push-Url", "HX-Replace-Url", "HX-Location", "HX-Redirect", "Location")
_LETTERS = re.compile(r"[^\W\d_]+")
SCRIPTS = ("text/javascript", "application/javascript", "text/css")


class ScreenshotMode(Middleware):
    """Sets ``request.screenshot_mode``, and masks responses while it is on."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        on = request.user.is_authenticated and bool(request.session.get(SCREENSHOT))
        request.screenshot_mode = on  # type: ignore[attr-defined]
        if not on:
            return self.get_response(request)
        disguise = disguise_of(request)
        with tracking_display(disguise):
            return masked(self._answer(request), request, disguise)

    def _answer(self, request: HttpRequest) -> HttpResponseBase:
        if request.path.startswith(SECRETS):
            return _withheld(request)
        if request.method not in SAFE and request.path != HELP and _holds_masked(request):
            return render(request, "frame/masked_form.html", status=409)
        return self.get_response(request)


def shows_secret_once(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponseBase]:
    """Refuse the action in screenshot mode, which would hide the secret in the only response that contains it.

    The response leads back to the page to whose URL the action adds a part.
    """

    @wraps(view)
    def refuse_or_answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not getattr(request, "screenshot_mode", False):
            return view(request, *args, **kwargs)
        messages.error(
            request, _("Turn off screenshot mode first, because the secret is shown only once.")
        )
        return redirect(request.path.removesuffix("/").rpartition("/")[0] + "/")

    return refuse_or_answer


def refuses_download(request: HttpRequest) -> bool:
    """Whether screenshot mode is on, in which no list is downloaded; then the next page says so."""
    if getattr(request, "screenshot_mode", False):
        messages.error(request, _("Turn off screenshot mode to download a list."))
        return True
    return False


def disguise_of(request: HttpRequest) -> Disguise:
    """The organization's disguise, which already includes the people named in the frame of each page."""
    memberships = getattr(request, "memberships", [])
    own = getattr(request, "organisation", None)
    secret = salted_hmac("jemmo.disguise", str(own.pk) if own else "", algorithm="sha256").digest()
    disguise = Disguise(secret, ordinary_words())
    for membership in memberships:
        membership.org.notice(disguise)
    request.user.notice(disguise)  # type: ignore[union-attr]
    return disguise


@cache
def ordinary_words() -> frozenset[str]:
    """The interface's own words in each language, in lower case.

    A person called "May" does not change the name of a month.
    """
    texts = list(names.OFFERED)
    for code, _language in settings.LANGUAGES:
        catalog = trans_real.translation(code)._catalog  # type: ignore[attr-defined]  # noqa: SLF001
        for source, translated in catalog.items():
            texts += [source if isinstance(source, str) else source[0], translated]
    return frozenset(word.casefold() for text in texts for word in _LETTERS.findall(text))


def without_masking(answer: HttpResponse) -> HttpResponse:
    """Mark a response that need not be withheld: a picture taken in screenshot mode."""
    answer.taken_in_screenshot_mode = True  # type: ignore[attr-defined]
    return answer


def masked(answer: HttpResponseBase, request: HttpRequest, disguise: Disguise) -> HttpResponseBase:
    """The response as a screenshot may show it. Non-text responses are withheld."""
    if getattr(answer, "taken_in_screenshot_mode", False):
        return answer
    for name in HEADERS:
        if name in answer.headers:
            answer.headers[name] = _own_address(answer.headers[name], request, disguise)
    if getattr(request, "htmx", None) and request.method == "GET":
        _push_generic(answer, request, disguise)
    kind = answer.headers.get("Content-Type", "").partition(";")[0].strip()
    if kind in SCRIPTS:
        return answer
    change = _change_of(kind, disguise)
    if change is None:
        answer.close()
        return _withheld(request)
    if isinstance(answer, StreamingHttpResponse):
        answer.streaming_content = (
            _async_parts(answer.streaming_content, change, disguise)
            if answer.is_async
            else _parts(answer.streaming_content, change, disguise)  # type: ignore[arg-type]
        )
    elif isinstance(answer, HttpResponse) and answer.content:
        answer.content = change(answer.content)
    if answer.headers.get("Content-Disposition"):
        answer.headers["Content-Disposition"] = "attachment"
    return answer


def _change_of(kind: str, disguise: Disguise) -> Callable[[bytes], bytes] | None:
    if kind in ("", "text/html"):
        return _in_text(disguise.html)
    if kind == "text/event-stream":
        return _in_text(lambda text: disguise.html(text) if "<" in text else disguise.text(text))
    if kind == "application/json":
        return lambda body: json.dumps(map_texts(json.loads(body), disguise.text)).encode()
    if kind.startswith("text/") or kind in ("application/x-ndjson", "application/jsonl"):
        # Line by line, because a text with very many addresses is masked from one of them to its end
        return _in_text(lambda text: "".join(map(disguise.text, text.splitlines(keepends=True))))
    return None


def _in_text(change: Callable[[str], str]) -> Callable[[bytes], bytes]:
    return lambda body: change(body.decode(errors="replace")).encode()


def _parts(
    content: Iterable[bytes], change: Callable[[bytes], bytes], disguise: Disguise
) -> Iterator[bytes]:
    """Change each part, registering the names read for it."""
    parts = iter(content)
    while True:
        with tracking_display(disguise):
            part = next(parts, None)
        if part is None:
            return
        yield change(part)


async def _async_parts(
    content: Any, change: Callable[[bytes], bytes], disguise: Disguise
) -> AsyncIterator[bytes]:
    async for part in content:
        yield change(part)


def _own_address(address: str, request: HttpRequest, disguise: Disguise) -> str:
    """Keep this site's URLs but remove their queries. Sign-in leads to other sites only through our own forms."""
    parts = split_address(address)
    if parts.netloc and parts.netloc != request.get_host():
        return address
    return disguise.address(parts._replace(scheme="", netloc="").geturl())


def _push_generic(answer: HttpResponseBase, request: HttpRequest, disguise: Disguise) -> None:
    """Keep typed search text, which may name someone, out of the address bar."""
    asked = f"{request.path}?{request.GET.urlencode()}"
    shown = disguise.address(asked)
    if request.GET.get("q") and "HX-Push-Url" not in answer.headers and shown != asked:
        answer.headers["HX-Push-Url"] = shown


def _withheld(request: HttpRequest) -> HttpResponse:
    """The replacement for files and for two-step sign-in secrets."""
    return render(request, "frame/withheld.html", status=409)


def _holds_masked(request: HttpRequest) -> bool:
    """Whether a form contains masked values. Saving it would overwrite the real ones."""
    values = (value for name in request.POST for value in request.POST.getlist(name))
    return any(is_generic(value) for value in values)
