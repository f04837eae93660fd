"""How often somebody may try keys of an ATS from the browser. All processes count together."""

from __future__ import annotations

from allauth.core.ratelimit import consume
from django.utils.translation import gettext as _

from jemmo.domain.errors import ConfigError
from jemmo.web.access import MemberRequest

ACTION = "ats_key"


def count_key_attempt(request: MemberRequest) -> None:
    """Count one by the person and by the organisation; raises ``ConfigError`` once there were too many."""
    if not consume(request, action=ACTION, key=str(request.organisation.pk)):
        raise ConfigError(
            _("Too many keys were tried in a short time; this one was not sent to the ATS."),
            code="too_many_keys",
            next_step=_("Wait ten minutes, then try again with the key as the ATS shows it."),
        )
