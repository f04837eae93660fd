"""What a connector declares. The connect form, the command line, the API and the docs are derived from it."""

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
    """A setting of a connection. ``label`` and ``help`` are marked for translation: the one declaration of both.

    ``choices`` limits its values; a whole number has ``at_least`` and ``at_most``.

    A ``required`` one has no default that could serve: the customer must give it. ``asked`` options are next to the key
    in the connect form, the others below it. ``own`` options are set by Jemmo itself, never by a person. A number that
    ``may_be_blank`` has a meaning for being left out.
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
        """The value, if it is one; raises ``ConfigError`` with those that are."""
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
    """An option that is a whole number."""
    return Option(
        name=name, label=label, default=str(default), at_least=least, at_most=most, help=text
    )


def choice(
    name: str, label: str, choices: tuple[str, ...], text: str, *, asked: bool = False
) -> Option:
    """An option that is one of a few words, by default the first."""
    return Option(
        name=name, label=label, default=choices[0], choices=choices, help=text, asked=asked
    )


def free_text(name: str, label: str, text: str, default: str = "") -> Option:
    """An option that the connector reads itself."""
    return Option(name=name, label=label, default=default, help=text)


ON_OR_OFF = ("on", "off")


PACING = Option(
    name="pacing",
    label=_("Spread requests"),
    default="on",
    choices=("on", "off"),
    help=_(
        "Whether to spread requests to stay below the ATS's rate limit. Turn it off only for "
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
        "Percentage of the ATS's rate limit that Jemmo may use. The rest is left to other tools."
    ),
)

FILE_HOSTS = Option(
    name="file_hosts",
    label=_("Hosts of files"),
    default="",
    help=_("Hosts that files may be downloaded from, separated by commas. Subdomains count too."),
)
"""The ATS's own address need not be named. The API key goes to none of them."""

LAG = number(
    "lag_minutes",
    _("Minutes read again"),
    15,
    0,
    1440,
    _("Minutes of overlap that an incremental sync reads again."),
)

FULL_SWEEP = Option(
    name="full_sweep_cron",
    label=_("When everything is read again"),
    default="0 19 * * 6",
    help=_(
        "When everything is read again, in UTC (minute hour day month weekday). Leave empty for never."
    ),
)
"""For an ATS that may change a record without a sign of it: the first sync after that time is a reconcile."""


HISTORY = (
    Option(
        name=history.YEARS,
        label=_("Years of history"),
        default="",
        at_least=1,
        at_most=history.MOST_YEARS,
        may_be_blank=True,
        asked=True,
        help=_(
            "How many years back to read talents and applications. Empty for everything; you can change this later."
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
    """Raises ``ConfigError`` if the full sweep that a person asks for would hardly ever come.

    A stored one stays as it is: its connection continues without sweeps.
    """
    cron = options.get(FULL_SWEEP.name, "")
    if cron.strip() and not is_soon(cron):
        raise ConfigError("option", variant="cron", option=FULL_SWEEP.name, value=cron)


def share_of(options: Mapping[str, str]) -> float:
    """The part of the ATS's limit that the customer leaves to Jemmo, 0 to 1."""
    return int(options["quota_share"]) / 100


class Config(Struct, frozen=True, kw_only=True):
    """One connection's settings, complete and checked. The key is not printed.

    ``ledger`` keeps what was used of a quota that counts time; without one it is known to this process alone. So it is
    with ``pace``, by which the processes that use one key agree on who sends when. ``part`` is how much of the share
    this work may fill: what others of the same key have sent counts, so the lesser part gives way to the greater.
    ``at_once`` is how much of that it may send without a pause; see ``rest_client.Pacer``. ``refusals`` remember from
    sync to sync what the account does not answer.
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
        """How much of the ATS's limit may be used: the customer's ``quota_share``, and the part of it for this work."""
        return share_of(self.options) * self.part

    def __repr__(self) -> str:
        return f"Config({self.base_url}, {dict(self.options)})"

    def on(self, name: str) -> bool:
        return self.options[name] == "on"

    @property
    def limit(self) -> datetime | None:
        """Records last changed before then need not be read; see ``domain.history``."""
        return history.limit_of(self.options)


class Probed(Struct, frozen=True, kw_only=True):
    """One address of a probe: its response, and the paths and types, never the values, in it."""

    address: str
    answer: str
    paths: dict[str, str] = {}
    hints: tuple[str, ...] = ()


Probe = Callable[[Config], Awaitable[list[Probed]]]
"""Looks for what a vendor does not document, on a customer's own account."""


Options = Mapping[str, str]


class RefetchAnswer(Struct, kw_only=True):
    """The outcome of refetch requests: pages to write, records gone from the ATS, and ``unseen`` records.

    ``unseen`` proves nothing: such an ATS has no way to ask for one record, so a sync has to find it.
    """

    pages: list[Page] = []
    gone: list[tuple[Stream, str]] = []
    unseen: list[tuple[Stream, str]] = []

    def add(self, stream: Stream, remote_id: str, answer: Refetched) -> None:
        """Add what the ATS has for an id."""
        self.pages += answer.pages
        if answer.gone:
            self.gone.append((stream, remote_id))


BY_NAME_AT_MOST = 30  # requests at a time; the rest waits for the next refetch


async def by_name(
    source: Source, hints: Sequence[RefetchRequest], since: datetime
) -> RefetchAnswer:
    """Request each record by its id, for an ATS without webhooks whose records are refreshed manually."""
    answer = RefetchAnswer(
        unseen=[(hint.stream, hint.remote_id) for hint in hints[BY_NAME_AT_MOST:]]
    )
    for hint in hints[:BY_NAME_AT_MOST]:
        answer.add(hint.stream, hint.remote_id, await refetch(source, hint.stream, hint.remote_id))
    return answer


class Webhooks(Struct, frozen=True, kw_only=True):
    """How an ATS announces changes.

    read     a body's event and hints; raises ``RecordRejected`` for what is no webhook of this ATS
    refetch  fetches the named records with as few requests as it can: (source, hints, heard since) -> ``RefetchAnswer``
    verify   where webhooks are signed: (key, headers in lower case, body, now, options) -> ``Proof``
    streams  what is announced; of other streams silence proves nothing
    only_new whether new records alone are announced of them, not what changes later
    setup    where an admin enters the address at the ATS, and which events to choose
    once     a body that comes twice is the same event, since it holds its time
    """

    read: Callable[[bytes, Options], ParsedWebhook]
    refetch: Callable[[Source, Sequence[RefetchRequest], datetime], Awaitable[RefetchAnswer]]
    streams: tuple[Stream, ...]
    setup: str
    only_new: bool = False
    verify: Callable[[str, Mapping[str, str], bytes, datetime, Options], Proof] | None = None
    once: Callable[[Options], bool] = lambda _: False


class Evidence(Struct, frozen=True, kw_only=True):
    """What a connector reads and how sure that is, in sentences for docs/connectors.md.

    ``unread`` is what the ATS has and we don't read; ``sure`` names the sources and what they leave open; ``tried_on``
    is "simulator" until someone has run it against a real account.
    """

    reads: str
    unread: str
    sure: str
    tried_on: Literal["simulator", "real account"] = "simulator"


class Connector(Struct, frozen=True, kw_only=True):
    """An ATS: its name, what a customer must provide, what it supports, and how to open it.

    ``key_help`` says where an admin finds the key and which rights it needs; ``rights`` are the checks that a
    connection test makes, by name. ``docs_url`` is the vendor's documentation of its API; ``status_page`` reports
    outages and is empty if the vendor has none. ``base_url`` finds the address for the options chosen, ``pace`` is how
    fast the ATS can be read with them. ``recent_with_history`` is whether what changed lately still comes first where
    the history is limited (``domain.history``). ``open_files`` is there where files can be fetched. ``evidence`` is
    needed to offer it.
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

    def with_defaults(self, options: Options) -> dict[str, str]:
        """The options of a connection, including those that were never set."""
        return {option.name: options.get(option.name, option.default) for option in self.options}

    def configure(self, api_key: str, base_url: str | None, options: Mapping[str, str]) -> Config:
        """Check what a person gave and fill in the defaults; raises ``ConfigError``."""
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
        """Every option with its value, given or default; raises ``ConfigError`` for one that is not possible."""
        return {
            option.name: option.check(options.get(option.name, option.default))
            for option in self.options
        }


def check_key(key: str) -> str:
    """The key without surrounding blanks; raises ``ConfigError`` when it cannot be one."""
    key = key.strip()
    if not key:
        raise ConfigError("key_empty")
    if len(key) > 4000 or not key.isascii() or not key.isprintable() or " " in key:
        raise ConfigError("key_malformed")
    return key


def own_host(account: str, domain: str) -> str:
    """The address of an account that has a host of its own: "acme", "acme.example.com" or a page below it.

    Raises ``ConfigError`` for anything else, since the key goes where this leads.

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
    """The address without a trailing slash; raises ``ConfigError`` when it is none."""
    url = url.strip().rstrip("/")
    if not url.startswith(("https://", "http://")) or "@" in url or "?" in url or " " in url:
        raise ConfigError("address_malformed")
    return url
