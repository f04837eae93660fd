"""The state of a file, as shown on a talent's page."""

from django.utils.translation import gettext as _

from jemmo.store.models import Attachment
from jemmo.web.frame.labels import LABEL_TEXTS


def file_state(file: Attachment, excluded: object) -> str:
    """Return the state of a file, empty if the stored version is the ATS's current one.

    A newer version can be refused while an earlier one stays. The page must not show the earlier one as current then.
    """
    is_stored = file.current_version is not None
    if file.fetch_status in {"REFUSED", "TOO_LARGE"}:
        fallback = "too_large" if file.fetch_status == "TOO_LARGE" else None
        reason = _reason(file.reason) or _reason(fallback)
        newer = _("this is an earlier version because the newer one was refused")
        text = newer if is_stored else _("refused")
        return f"{text} ({reason})" if reason else text
    if file.fetch_status == "PENDING":
        return _waiting(file, is_stored=is_stored, is_excluded=bool(excluded))
    if file.fetch_status == "GONE":
        return _("no longer in the ATS")
    return ""


def _waiting(file: Attachment, *, is_stored: bool, is_excluded: bool) -> str:
    if is_excluded and is_stored:
        return _("the newer version isn't downloaded while the talent is excluded")
    if is_excluded:
        return _("not downloaded while the talent is excluded")
    if not is_stored:
        text = _("not downloaded yet")
    elif not file.remote_version:
        text = _("checking for a newer version")  # the ATS only says that the talent changed
    else:
        text = _("a newer version hasn't been downloaded yet")
    reason = _reason(file.reason)
    return f"{text} ({reason})" if reason else text


def _reason(code: str | None) -> str:
    return str(LABEL_TEXTS["file_reason"].get(code or "", ""))
