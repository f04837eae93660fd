"""Connects an organization to its ATS, and changes the connection."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models.functions import Now
from msgspec import Struct
from msgspec.structs import replace

from jemmo.connectors.base import check_sweeps
from jemmo.connectors.registry import connector_for
from jemmo.domain import history
from jemmo.domain.errors import ConfigError
from jemmo.domain.streams import AccessReport
from jemmo.domain.typed_values import uuid_or_none
from jemmo.domain.validation import one_line
from jemmo.services.base import api_keys
from jemmo.services.base.api_keys import open_key
from jemmo.services.base.fingerprints import fingerprint
from jemmo.services.base.tasks import enqueue
from jemmo.services.connections import history_limit
from jemmo.services.connections.ats_access import try_key
from jemmo.services.connections.key_tests import expected_totals, try_in_same_company
from jemmo.services.sync import schedule
from jemmo.store.connections.connections import PARTED
from jemmo.store.models import Connection, ConnectionState, Lease, Organisation
from jemmo.store.sync.request_counts import add_requests
from jemmo.vault import Vault, VaultError

HINT = 4  # last characters of a key that may be shown


class Connected(Struct, frozen=True, kw_only=True):
    """A new connection and the result of its key test. ``since`` is the first day of its history."""

    id: UUID
    org: str
    provider: str
    account: str | None
    report: AccessReport
    is_new: bool
    since: date | None = None


class KnownAccount(ConfigError):
    """This ATS account is already connected, as the connection ``known``."""

    default_code = "already_connected"

    def __init__(self, known: Connection) -> None:
        super().__init__(account=known.account_name or known.display_name)
        self.known = known


def connect(
    org: Organisation,
    provider: str,
    api_key: str,
    *,
    vault: Vault,
    base_url: str | None = None,
    options: Mapping[str, str] | None = None,
    label: str = "",
    new_id: UUID | None = None,
    refuse_known: bool = False,
    patience: float | None = None,
    hides_ok: bool = False,
) -> Connected:
    """Test the key, then store it encrypted. Raises ``ConfigError``, and stores nothing, if the key does not work.

    Connecting the same account again updates its key and options and keeps its records. With ``refuse_known``, it
    raises ``KnownAccount`` instead, unless the account was disconnected. A connection with a ``new_id`` is paused until
    someone starts its first sync, unless that began before the account was disconnected. Repeating the same id changes
    nothing. ``hides_ok`` confirms that a shorter history may hide records.
    """
    connector = connector_for(provider)
    config = connector.configure(api_key, base_url, options := options or {})
    check_sweeps(options)
    dated = history.dated(options, {}, datetime.now(UTC).date())
    config = replace(config, options=connector.settled(dated))
    requests: list[int] = []
    report = try_key(connector, config, patience=patience, sent=requests.append)
    with transaction.atomic():
        # Lock the organization, so that no account is connected twice.
        org = Organisation.objects.select_for_update().get(id=org.id)
        existing = _same_account(org, connector.name, report.account_id, config.api_key, vault)
        again = existing is not None and existing.id == new_id
        before = existing.options if existing else {}
        # Before the address changes: the stored key opens only with its own.
        since = _age_of_key(existing, config.api_key, vault)
        if existing is not None and refuse_known and not again and existing.state not in PARTED:
            raise KnownAccount(existing)
        connection = existing or Connection(id=new_id or uuid4(), org=org, provider=connector.name)
        if not again:
            connection.base_url = base_url or ""
            connection.options = history_limit.kept(before, options)
            if existing is not None:
                history_limit.check(existing, before, hides_ok=hides_ok)
            connection.label = one_line(label) or connection.label or connector.label
            connection.account_id = report.account_id or ""
            _keep_key(connection, config.api_key, report, vault, since=since)
            begun = has_begun(connection)
            connection.state = _state_with_key(org, waits=new_id is not None and not begun)
            connection.due_at = Now() if begun else schedule.first_due(org)
            connection.save()
        add_requests(connection.id, sum(requests))
    if existing is not None and not again:
        history_limit.apply(connection, before)
    return Connected(
        id=connection.id,
        org=org.slug,
        provider=connector.name,
        account=report.account_name,
        report=report,
        is_new=existing is None,
        since=_first_day(connection),
    )


def has_begun(connection: Connection) -> bool:
    """Whether a connection's first sync has started, whatever its outcome."""
    return connection.runs.exists()


def _state_with_key(org: Organisation, *, waits: bool = False) -> ConnectionState:
    """Return the state of a connection that got a key. Nothing syncs while the organization is to be deleted."""
    return ConnectionState.PAUSED if waits or org.deleted_at else ConnectionState.ACTIVE


def _first_day(connection: Connection) -> date | None:
    limit = history.limit_of(connection.options)
    return limit.date() if limit else None


def _age_of_key(existing: Connection | None, api_key: str, vault: Vault) -> datetime | None:
    """Return when the connection got this key. Entering the same key again does not reset its age."""
    same = existing is not None and _has_key(existing, api_key, vault)
    return existing.key_set_at if existing and same else None


def names_address(connection: Connection) -> bool:
    """Whether ``rotate`` needs the address, because without a key nothing proves the address in the table."""
    return bool(connection.base_url) and not connection.sealed_key


def rotate(
    connection: Connection,
    api_key: str,
    *,
    vault: Vault,
    address: str = "",
    patience: float | None = None,
) -> AccessReport:
    """Test a new key and replace the old one. It must belong to the same company. Raises ``ConfigError``.

    The old key is used until then. ``old_key_hint`` reminds people to revoke it in the ATS. A connection
    without a key accepts one if ``address`` matches its own (``names_address``).
    """
    connector = connector_for(connection.provider)
    # The old key decrypts only for its own address, so the new one can't be sent elsewhere either.
    in_use = open_key(connection, vault) if connection.sealed_key else None
    if names_address(connection) and address.strip().rstrip("/") != connection.base_url.rstrip("/"):
        raise ConfigError("other_address")
    config = connector.configure(api_key, connection.base_url or None, connection.options)
    if in_use == config.api_key:
        raise ConfigError("same_key", key_help=connector.key_help)
    report = try_in_same_company(connection, config, patience=patience)
    with transaction.atomic():
        held = _locked(connection)
        moved = (held.provider, held.base_url) != (connection.provider, connection.base_url)
        if (
            moved
            or held.key_set_at != connection.key_set_at
            or held.state == ConnectionState.LEAVING
        ):
            raise ConfigError("changed_meanwhile")
        held.old_key_hint = held.key_hint or held.old_key_hint
        held.account_id = held.account_id or report.account_id or ""
        _keep_key(held, config.api_key, report, vault)
        if held.state != ConnectionState.PAUSED:
            held.state = _state_with_key(held.org)
            held.due_at = Now()
        held.save()
    connection.refresh_from_db()
    return report


def revoked(connection: Connection) -> None:
    """Record that the replaced key was revoked in the ATS."""
    Connection.objects.filter(id=connection.id).update(old_key_hint="")


def pause(connection: Connection) -> bool:
    """Stop syncs until ``resume``. A running sync stops after its slice. ``False`` if already paused."""
    return _move(connection, {ConnectionState.ACTIVE, ConnectionState.REFUSED}, "paused")


def resume(connection: Connection, *, not_before: datetime | None = None) -> bool:
    """Resume automatic syncs. A first sync doesn't start before ``not_before``.

    ``False`` if the connection is not paused, or must stay paused.
    """
    paused = Connection.objects.filter(
        id=connection.id, state=ConnectionState.PAUSED, org__deleted_at=None
    )
    return bool(paused.update(state=ConnectionState.ACTIVE, due_at=not_before or Now()))


def connection_fingerprint(connection: Connection) -> str:
    return fingerprint(
        [connection.label, connection.base_url, connection.options, connection.sync_every_hours]
    )


def change(
    connection: Connection,
    *,
    label: str,
    options: Mapping[str, str],
    sync_every_hours: float,
    seen: str,
    vault: Vault,
    patience: float | None = None,
    hides_ok: bool = False,
) -> bool:
    """Rename a connection, or change its options or sync interval. Raises ``ConfigError``.

    Changed options are first tested with the key and must lead to the same company. Values equal to the default are not
    stored. A shorter history requires ``hides_ok``. Returns whether a longer history leaves more to read.
    """
    connector = connector_for(connection.provider)
    settled = connector.settled(options)
    check_sweeps(options)
    defaults = {option.name: option.default for option in connector.options}
    own = {name: value for name, value in settled.items() if value != defaults[name]}
    own = history.dated(own, connection.options, datetime.now(UTC).date())
    expected = None
    if own != connection.options and connection.sealed_key:
        key = open_key(connection, vault)
        config = connector.configure(key, connection.base_url or None, own)
        report = try_in_same_company(connection, config, patience=patience)
        expected = expected_totals(connection, report)
    with transaction.atomic():
        held = _locked(connection)
        if connection_fingerprint(held) != seen:
            raise ConfigError("changed_meanwhile")
        before = held.options
        held.label = one_line(label) or connector.label
        held.options = own
        if held.sync_every_hours != sync_every_hours:
            held.sync_every_hours = sync_every_hours
            if held.state == ConnectionState.ACTIVE:
                plan = schedule.plan_of(held.org)
                held.due_at = schedule.moved(held, plan, datetime.now(UTC))
        history_limit.check(held, before, hides_ok=hides_ok)
        held.expected_totals = held.expected_totals if expected is None else expected
        held.save(
            update_fields=["label", "options", "sync_every_hours", "due_at", "expected_totals"]
        )
    reads_more = history_limit.apply(held, before)
    connection.refresh_from_db()
    return reads_more


def disconnect(connection: Connection, *, delete: bool) -> bool:
    """Remove the key, stop syncing, and keep or ``delete`` the synced data. ``False`` if already disconnected.

    A running sync loses its lease, so it writes nothing more. The deletion continues in the background.
    """
    with transaction.atomic():
        held = _locked(connection)
        new_state = ConnectionState.LEAVING if delete else ConnectionState.DISCONNECTED
        if held.state in {ConnectionState.LEAVING, new_state}:
            return False
        held.old_key_hint = held.key_hint or held.old_key_hint
        held.state = new_state
        held.sealed_key, held.key_hint, held.key_expires_at = b"", "", None
        held.last_error = None
        held.save()
        Lease.objects.filter(connection=held).delete()
        if delete:
            queue_erasure(held.id)
    connection.refresh_from_db()
    return True


def queue_erasure(connection_id: UUID) -> None:
    """Queue the deletion of a connection's records, unless it is queued already."""
    lock = f"erase:{connection_id}"
    enqueue("erase_connection", queue="syncs", lock=lock, connection_id=str(connection_id))


def usable_connections(provider: str | None, org: str | None) -> list[Connection]:
    """Return every connection that has a key, or those of one ATS or one organization."""
    connections = Connection.objects.select_related("org").order_by("created_at")
    connections = connections.exclude(state__in=PARTED)
    if provider is not None:
        connections = connections.filter(provider=connector_for(provider).name)
    if org is not None:
        connections = connections.filter(org__slug=org)
    return list(connections)


def connections_of_org(
    org: Organisation, connection_id: str | None = None, *, with_parted: bool = False
) -> list[Connection]:
    """Return the organization's connections, or the requested one. Raises ``ConfigError`` if there is none.

    Disconnected ones are included only if ``with_parted`` is set.
    """
    connections = org.connections.order_by("created_at")
    if not with_parted:
        connections = connections.exclude(state__in=PARTED)
    if connection_id:
        known = uuid_or_none(connection_id)
        connections = connections.filter(id=known) if known else connections.none()
    if not connections:
        raise ConfigError("no_connection", variant="" if connection_id else "none")
    return list(connections)


def _keep_key(
    connection: Connection,
    key: str,
    report: AccessReport,
    vault: Vault,
    *,
    since: datetime | None = None,
) -> None:
    connection.sealed_key = api_keys.seal(connection, key, vault)
    hint = key[-HINT:] if len(key) > 4 * HINT else ""
    if not connection.key_hint and connection.old_key_hint == hint:
        connection.old_key_hint = ""  # the key from before the disconnection is in use again
    connection.key_hint = hint
    connection.key_set_at = since or datetime.now(UTC)
    connection.key_expires_at = report.expires_at
    connection.account_name = report.account_name or connection.account_name
    connection.expected_totals = expected_totals(connection, report)
    connection.last_error = None


def _same_account(
    org: Organisation, provider: str, account_id: str | None, key: str, vault: Vault
) -> Connection | None:
    """Find the connection to the same account, or with the same key if the ATS doesn't identify the account."""
    known = Connection.objects.select_for_update().filter(org=org, provider=provider)
    known = known.exclude(state=ConnectionState.LEAVING).order_by("created_at")
    if account_id:
        return known.filter(account_id=account_id).first()
    return next((connection for connection in known if _has_key(connection, key, vault)), None)


def _has_key(connection: Connection, key: str, vault: Vault) -> bool:
    try:
        return bool(connection.sealed_key) and open_key(connection, vault) == key
    except VaultError:  # bound to another address, so the ATS has to be connected again
        return False


def _locked(connection: Connection) -> Connection:
    try:
        return Connection.objects.select_for_update().get(id=connection.id)
    except Connection.DoesNotExist:
        raise ConfigError("changed_meanwhile") from None


def _move(connection: Connection, before: set[ConnectionState], after: str) -> bool:
    return bool(Connection.objects.filter(id=connection.id, state__in=before).update(state=after))
