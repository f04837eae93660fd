"""Access control: the version is checked first, then the key, its scope, and the rate limit."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime

from jemmo.sandbox.clock import Clock
from jemmo.sandbox.http import Call
from jemmo.sandbox.teamtailor.refusal import Refusal, errors
from jemmo.sandbox.teamtailor.switches import Switches

VERSIONS = (20161108, 20210218, 20211201, 20240404, 20240904)
ADMIN_TYPES_WORDS = (
    "candidates job-applications stages notes reject-reasons activities audit-events "
    "referrals partner-results regions"
)
ADMIN_TYPES = frozenset(ADMIN_TYPES_WORDS.split())
HIDDEN = {
    "jobs": frozenset({"tags"}),
    "users": frozenset({"email", "login-email", "notification-resumes", "notification-mentions"}),
}
TOKEN = re.compile(r'Token token="?([^"]*)"?$')


@dataclass(frozen=True, slots=True)
class View:
    """How a request sees the data: scope of the key, version, base address of links.

    A ``foreign`` key reports another company, with otherwise the same data.
    """

    scope: str
    version: int
    base: str
    stage_relation: bool
    summary: str = "off"
    stage_attribute: bool = True
    profile_url: bool = False
    foreign: bool = False

    @property
    def summary_name(self) -> str:
        """The name of the generated summary's attribute."""
        return "resume_summary" if self.summary in ("off", "snake") else "resume-summary"

    def hidden(self, kind: str) -> frozenset[str]:
        """Return the attributes and relationships that are left out."""
        gone = set(HIDDEN.get(kind, ())) if self.scope != "admin" else set()
        if kind == "stages":
            gone |= {"stage-type"} if self.stage_relation else {"legacy-stage-type-name"}
            if self.stage_relation and not self.stage_attribute:
                gone.add("legacy-stage-type-name")
        if kind == "candidates" and not self.profile_url:
            gone.add("profile-url")
        if kind == "candidates" and self.summary == "off":
            gone.add("resume_summary")
        return frozenset(gone)

    def forbids(self, kind: str) -> bool:
        """Return whether the key's scope is too small for a type."""
        return self.scope != "admin" and kind in ADMIN_TYPES


@dataclass(slots=True)
class Gate:
    """Checks version and key of each request."""

    clock: Clock
    switches: Switches
    keys: dict[str, str] = field(default_factory=dict)

    def version(self, call: Call) -> int:
        """Return the API version in use, or refuse with 406: this check comes before the key."""
        asked = call.headers.get("X-Api-Version", "")
        if re.fullmatch(r"\d{8}", asked):
            if int(asked) in VERSIONS:
                return int(asked)
            if self.switches.versions == "any" and VERSIONS[0] <= int(asked) <= self._today():
                return max(version for version in VERSIONS if version <= int(asked))
        detail = (
            "You need to specify a valid API version in the X-Api-Version header. "
            f"The current version is {VERSIONS[-1]}"
        )
        raise Refusal(406, errors("Invalid/Missing API Version", detail, 406))

    def _today(self) -> int:
        return int(datetime.fromtimestamp(self.clock.now_ms() / 1000, UTC).strftime("%Y%m%d"))

    def key(self, call: Call) -> str:
        """Return the key, or refuse with 401, as for a key of another region."""
        header = call.headers.get("Authorization", "")
        match = TOKEN.match(header)
        key = match[1] if match else ""
        if self.switches.bearer and header.startswith("Bearer "):
            key = header[7:]
        if key not in self.keys:
            self.refuse_key()
        return key

    def refuse_key(self) -> None:
        """Refuse a wrong key."""
        json_body = self.switches.body_401 == "json"
        detail = "Invalid or missing API key."
        raise Refusal(401, errors("Unauthorized", detail, "401") if json_body else b"")

    def view(self, call: Call, key: str, version: int) -> View:
        """Return how this key and version see the data."""
        switches, scope = self.switches, self.keys[key]
        return View(
            "admin" if scope == "foreign" else scope, version, call.base,
            version >= switches.stage_type_since, switches.resume_summary,
            switches.stage_types == "both", switches.profile_url, scope == "foreign",
        )  # fmt: skip
