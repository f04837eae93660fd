"""When an organization's syncs start automatically."""

from __future__ import annotations

from typing import Annotated

import typer

from jemmo.cli.examples import examples
from jemmo.cli.options import Json, Org
from jemmo.cli.output import out, print_json
from jemmo.cli.startup import start
from jemmo.domain.errors import ConfigError
from jemmo.domain.schedule import FirstSync, Window, parse_window, write_window

Hours = Annotated[
    list[str] | None,
    typer.Option(help="Hours, such as 22:00-06:00 or 'mon-fri 08:00-10:00'. Can be repeated."),
]


def register(app: typer.Typer) -> None:
    app.command(
        "schedule",
        epilog=examples("jemmo schedule --org acme --time-zone Europe/Paris --quiet 22:00-06:00"),
    )(schedule)


def schedule(
    org: Org,
    time_zone: Annotated[
        str | None, typer.Option(help="The organization's time zone, such as Europe/Paris.")
    ] = None,
    quiet: Hours = None,
    no_quiet: Annotated[bool, typer.Option("--no-quiet", help="Remove all quiet hours.")] = False,
    first_sync: Annotated[
        FirstSync | None, typer.Option(help="When the first sync of a new connection starts.")
    ] = None,
    off_peak: Hours = None,
    json: Json = False,
) -> None:
    """Show or change when syncs start.

    The schedule includes quiet hours, the time zone, and whether a first sync waits for off-peak hours.
    """
    windows, nights = _windows("--quiet", quiet), _windows("--off-peak", off_peak)
    start()
    from msgspec.structs import replace

    from jemmo.services.accounts import accounts
    from jemmo.services.sync import schedule as service

    owner = accounts.organisation(org)
    plan = before = service.plan_of(owner)
    if time_zone is not None:
        plan = replace(plan, time_zone=_zone(time_zone))
    if windows or no_quiet:
        plan = replace(plan, quiet=windows)
    if first_sync is not None:
        plan = replace(plan, first_sync=first_sync)
    if nights:
        plan = replace(plan, off_peak=nights)
    if plan != before:
        service.set_plan(owner, plan)
    summary = {
        "org": org,
        "time_zone": plan.time_zone,
        "quiet": [write_window(window) for window in plan.quiet],
        "first_sync": str(plan.first_sync),
        "off_peak": [write_window(window) for window in plan.off_peak],
    }
    if json:
        print_json(summary)
        return
    out.print(f"Time zone    {plan.time_zone}", markup=False)
    out.print(f"Quiet hours  {', '.join(summary['quiet']) or 'none'}", markup=False)
    out.print(f"First sync   {plan.first_sync}", markup=False)
    out.print(f"Off-peak     {', '.join(summary['off_peak'])}", markup=False)
    if plan != before:
        out.print("Changed.")


def _windows(option: str, texts: list[str] | None) -> tuple[Window, ...]:
    try:
        return tuple(parse_window(text) for text in texts or ())
    except ValueError:
        raise ConfigError("hours_malformed", option=option, value=", ".join(texts or ())) from None


def _zone(name: str) -> str:
    from zoneinfo import available_timezones

    if name not in available_timezones():
        raise ConfigError("time_zone_unknown", value=name)
    return name
