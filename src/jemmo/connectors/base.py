"""What a connector declares. The connect form, the command line, the API and the docs derive from it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Literal

from msgspec import Struct

from jemmo.domain import history
from jemmo.domain.errors import ConfigError
from jemmo.domain.estimate import Pace
from jemmo.domain.ports import FileSource, QuotaLedger, SharedPace, Source
from jemmo.domain.recurrence import is_soon
from jemmo.domain.refetch import Refetched, refetch
from jemmo.domain.refused_requests import RefusalMemory
from jemmo.domain.streams import Capabilities, Page, Stream
from jemmo.domain.translation_marks import marked as _
from jemmo.domain.webhooks import ParsedWebhook, Proof, RefetchRequest


class Option(Struct, frozen=True, kw_only=True):
    """A setting of a connection. ``label`` and ``help`` are declared only here and marked for translation.

    ``choices`` limits its values; a whole number has ``at_least`` and ``at_most``.

    A ``required`` option has no usable default, so the customer must set it. ``asked`` options appear next to the key
    in the connect form, the others below it. ``own`` options are set by Jemmo, never by a person. ``may_be_blank``:
    leaving the number blank has a meaning of its own.
    """

    name: str
    label: str
    default: str
    help: str
    choices: tuple[str, ...] = ()
    at_least: int | None = None
    at_most: int | None = None
    required: bool = False
    asked: bool = False
    own: bool = False
    may_be_blank: bool = False

    def check(self, value: str) -> str:
        """Return the value if it is valid. Raises ``ConfigError`` with the allowed values."""
        if self.required and not value.strip():
            raise ConfigError("option_missing", option=self.name, help=self.help)
        if self.choices and value not in self.choices:
            raise ConfigError(
                "option",
                variant="choice",
                option=self.name,
                value=value,
                choices=", ".join(self.choices),
            )
        if self.at_least is not None and self.at_most is not None:
            return self._number(value)
        return value

    def _number(self, value: str) -> str:
        assert self.at_least is not None
        assert self.at_most is not None
        if self.may_be_blank and not value.strip():
            return ""
        number = int(value) if value.isdecimal() else -1
        if not self.at_least <= number <= self.at_most:
            raise ConfigError(
                "option",
                variant="range",
                option=self.name,
                value=value,
                least=self.at_least,
                most=self.at_most,
                help=self.help if self.may_be_blank else None,
            )
        return str(number)


def number(name: str, label: str, default: int, least: int, most: int, text: str) -> Option:
    """Create an option for a whole number."""
    return Option(
        name=name, label=label, default=str(default), at_least=least, at_most=most, help=text
    )


def choice(
    name: str, label: str, choices: tuple[str, ...], text: str, *, asked: bool = False
) -> Option:
    """Create an option with a fixed list of values; the first is the default."""
    return Option(
        name=name, label=label, default=choices[0], choices=choices, help=text, asked=asked
    )


def free_text(name: str, label: str, text: str, default: str = "") -> Option:
    """Create an option that the connector parses itself."""
    return Option(name=name, label=label, default=default, help=text)


ON_OR_OFF = ("on", "off")


PACING = Option(
    name="pacing",
    label=_("Spread out requests"),
    default="on",
    choices=("on", "off"),
    help=_(
        "Whether to space out requests to stay below the ATS's rate limit. Turn this off only for "
        "benchmarks."
    ),
)
QUOTA_SHARE = Option(
    name="quota_share",
    label=_("Share of the rate limit (%)"),
    default="90",
    at_least=5,
    at_most=100,
    help=_(
        "The percentage of the ATS's rate limit that Jemmo may use. The rest is left for other tools."
    ),
)

FILE_HOSTS = Option(
    name="file_hosts",
    label=_("File hosts"),
    default="",
    help=_(
        "Comma-separated list of hosts that files may be downloaded from. Subdomains are included."
    ),
)
"""Further hosts that files may come from, in addition to the ATS's own. They never get the API key."""

LAG = number(
    "lag_minutes",
    _("Minutes to reread"),
    15,
    0,
    1440,
    _("How far back each incremental sync rereads changes that were already synced, in minutes."),
)

FULL_SWEEP = Option(
    name="full_sweep_cron",
    label=_("Full reread schedule"),
    default="0 19 * * 6",
    help=_(
        "When to read everything again, as a cron expression in UTC (minute hour day month "
        "weekday). Leave empty to turn off full rereads."
    ),
)
"""For an ATS that may change records without any sign of it: the first sync after this time is a reconcile."""


HISTORY = (
    Option(
        name=history.YEARS,
        label=_("Years of history"),
        default="",
        at_least=1,
        at_most=history.MAX_YEARS,
        may_be_blank=True,
        asked=True,
        help=_(
            "How many years of talent and application history to read. Leave empty to read "
            "everything. You can change this later."
        ),
    ),
    Option(
        name=history.FROM,
        label="",
        default="",
        own=True,
        help="The first day of these years.",
    ),
)
"""For an ATS that dates its talents and applications; see ``domain.history``."""


def check_sweeps(options: Mapping[str, str]) -> None:
    """Check the time chosen for full sweeps. Raises ``ConfigError`` if it would almost never occur.

    A time that is already stored stays valid: its connection continues without sweeps.
    """
    cron = options.get(FULL_SWEEP.name, "")
    if cron.strip() and not is_soon(cron):
        raise ConfigError("option", variant="cron", option=FULL_SWEEP.name, value=cron)


def share_of(options: Mapping[str, str]) -> float:
    """Return the share of the ATS's rate limit that Jemmo may use, 0 to 1."""
    return int(options["quota_share"]) / 100


class Config(Struct, frozen=True, kw_only=True):
    """One connection's settings, complete and validated. The key is excluded from ``repr``.

    ``ledger`` records the use of a time quota, and ``pace`` coordinates the processes that share a key; without them,
    each process keeps track on its own. ``part`` is how much of the share this work may use. Requests of others with
    the same key count too, so work with a smaller part yields to work with a larger one. ``at_once`` limits bursts; see
    ``rest_client.Pacer``. ``refusals`` remembers across syncs which requests the account refuses.
    """

    base_url: str
    api_key: str
    options: Mapping[str, str]
    ledger: QuotaLedger | None = None
    pace: SharedPace | None = None
    part: float = 1.0
    at_once: float = 1.0
    refusals: RefusalMemory | None = None

    @property
    def share(self) -> float:
        """The usable share of the ATS's limit: the customer's ``quota_share`` times this work's part."""
        return share_of(self.options) * self.part

    def __repr__(self) -> str:
        return f"Config({self.base_url}, {dict(self.options)})"

    def on(self, name: str) -> bool:
        return self.options[name] == "on"

    @property
    def limit(self) -> datetime | None:
        """The time before which records need not be read; see ``domain.history``."""
        return history.limit_of(self.options)


class Probed(Struct, frozen=True, kw_only=True):
    """One list of a probe: its address, the response, and the paths and types in it, never the values."""

    address: str
    answer: str
    paths: dict[str, str] = {}
    hints: tuple[str, ...] = ()


Probe = Callable[[Config], Awaitable[list[Probed]]]
"""Explores undocumented behavior of a vendor in a customer's own account."""


Options = Mapping[str, str]


class RefetchAnswer(Struct, kw_only=True):
    """The outcome of refetch requests: pages to write, records gone from the ATS, and ``unseen`` records.

    ``unseen`` is no proof of a deletion: such an ATS can't be asked for a single record, so a sync has to find it.
    """

    pages: list[Page] = []
    gone: list[tuple[Stream, str]] = []
    unseen: list[tuple[Stream, str]] = []

    def add(self, stream: Stream, remote_id: str, answer: Refetched) -> None:
        """Add the response for one id."""
        self.pages += answer.pages
        if answer.gone:
            self.gone.append((stream, remote_id))


BY_NAME_AT_MOST = 30  # requests per refetch; the rest waits for the next one


async def by_name(
    source: Source, requests: Sequence[RefetchRequest], since: datetime
) -> RefetchAnswer:
    """Request each record by id, for an ATS without webhooks whose records are refreshed manually."""
    answer = RefetchAnswer(
        unseen=[(request.stream, request.remote_id) for request in requests[BY_NAME_AT_MOST:]]
    )
    for request in requests[:BY_NAME_AT_MOST]:
        answer.add(
            request.stream,
            request.remote_id,
            await refetch(source, request.stream, request.remote_id),
        )
    return answer


class Webhooks(Struct, frozen=True, kw_only=True):
    """How an ATS announces changes.

    read     returns a body's event and refetch requests; raises ``RecordRejected`` if it is not a webhook of this ATS
    refetch  fetches the records with as few HTTP requests as possible:
             (source, requests, received since) -> ``RefetchAnswer``
    verify   for signed webhooks: (key, headers in lower case, body, now, options) -> ``Proof``
    streams  the streams that webhooks announce; for others, missing webhooks mean nothing
    only_new streams of which only new records are announced, not later changes
    setup    where an admin enters the address in the ATS, and which events to choose
    once     an identical body is the same event sent twice, since it includes the event's time
    """

    read: Callable[[bytes, Options], ParsedWebhook]
    refetch: Callable[[Source, Sequence[RefetchRequest], datetime], Awaitable[RefetchAnswer]]
    streams: tuple[Stream, ...]
    setup: str
    only_new: bool = False
    verify: Callable[[str, Mapping[str, str], bytes, datetime, Options], Proof] | None = None
    once: Callable[[Options], bool] = lambda _: False


class Evidence(Struct, frozen=True, kw_only=True):
    """What a connector reads and how certain that is, in sentences for docs/connectors.md.

    ``unread`` is what the ATS offers and the connector doesn't read; ``sure`` names the sources and their gaps;
    ``tried_on`` is "simulator" until someone has run it with a real account.
    """

    reads: str
    unread: str
    sure: str
    tried_on: Literal["simulator", "real account"] = "simulator"


class Connector(Struct, frozen=True, kw_only=True):
    """An ATS: its name, what a customer must provide, what it supports, and how to open it.

    ``key_help`` says where an admin finds the key and which permissions it needs; ``rights`` names the checks of a
    connection test. ``docs_url`` is the vendor's API documentation; ``status_page`` reports outages and is empty if the
    vendor has none. ``base_url`` and ``pace`` return the address and the reading speed for the chosen options.
    ``recent_with_history``: recent changes also come first if the history is limited (``domain.history``).
    ``open_files`` is set if files can be downloaded. Connectors need ``evidence`` to be offered. ``day_zone`` names the
    option with the account's time zone, if the ATS reports dates without a time, stored as midnight there.
    """

    name: str
    label: str
    key_help: str
    docs_url: str
    options: tuple[Option, ...]
    capabilities: Capabilities
    base_url: Callable[[Mapping[str, str]], str]
    open: Callable[[Config], Source]
    evidence: Evidence | None = None
    status_page: str = ""
    probe: Probe | None = None
    rights: tuple[str, ...] = ()
    pace: Callable[[Mapping[str, str]], Pace] | None = None
    recent_with_history: bool = True
    webhooks: Webhooks | None = None
    open_files: Callable[[Config], FileSource] | None = None
    day_zone: str = ""

    def with_defaults(self, options: Options) -> dict[str, str]:
        """Return a connection's options with the defaults of those that were never set."""
        return {option.name: options.get(option.name, option.default) for option in self.options}

    def configure(self, api_key: str, base_url: str | None, options: Mapping[str, str]) -> Config:
        """Validate a person's input and fill in defaults. Raises ``ConfigError``."""
        known = {option.name: option for option in self.options}
        unknown = sorted(set(options) - set(known))
        if unknown:
            raise ConfigError(
                "unknown_option",
                ats=self.label,
                option=unknown[0],
                options=", ".join(name for name in sorted(known) if not known[name].own),
            )
        settled = self.settled(options)
        return Config(
            base_url=check_address(base_url or self.base_url(settled)),
            api_key=check_key(api_key),
            options=settled,
        )

    def settled(self, options: Mapping[str, str]) -> dict[str, str]:
        """Return every option with its value or default. Raises ``ConfigError`` for an invalid one."""
        return {
            option.name: option.check(options.get(option.name, option.default))
            for option in self.options
        }


def check_key(key: str) -> str:
    """Return the key without surrounding whitespace. Raises ``ConfigError`` if it is invalid."""
    key = key.strip()
    if not key:
        raise ConfigError("key_empty")
    if len(key) > 4000 or not key.isascii() or not key.isprintable() or " " in key:
        raise ConfigError("key_malformed")
    return key


def own_host(account: str, domain: str) -> str:
    """Return the address of an account with its own host, given "acme", "acme.example.com" or a page on it.

    Raises ``ConfigError`` for anything else, since the key is sent to this address.

    >>> own_host("acme", "example.com"), own_host("https://Acme.example.com/jobs", "example.com")
    ('https://acme.example.com', 'https://acme.example.com')
    """
    place = account.strip().lower().removeprefix("https://").partition("/")[0]
    name = place.removesuffix(f".{domain}")
    is_label = name.isascii() and name.replace("-", "").isalnum() and name == name.strip("-")
    if not is_label or len(name) > 63:
        raise ConfigError("account_malformed", account=account, domain=domain)
    return f"https://{name}.{domain}"


def check_address(url: str) -> str:
    """Return the address without a trailing slash. Raises ``ConfigError`` if it is invalid."""
    url = url.strip().rstrip("/")
    if not url.startswith(("https://", "http://")) or "@" in url or "?" in url or " " in url:
        raise ConfigError("address_malformed")
    return url
