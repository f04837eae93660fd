"""The `sandbox` command: a simulated ATS on this machine until it is interrupted."""

import argparse
import asyncio
import gc
import signal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jemmo.sandbox.clock import parse_ms
from jemmo.sandbox.options import Options
from jemmo.sandbox.server import PROVIDERS, start


async def serve(
    provider: str, *, port: int = 0, talents: int = 1000, seed: int = 7, key: str = "test-key",
    faults: str = "", webhook_url: str | None = None, **others: Any,
) -> None:  # fmt: skip
    """Print the address on one line, then serve until SIGINT or SIGTERM.

    A second line lists the options that a connection needs besides the key, if any.
    """
    options = Options(
        talents=talents, seed=seed, key=key, faults=faults, webhook_url=webhook_url, **others
    )
    server = await start(provider, options, port=port)
    gc.freeze()  # the company is never garbage, so don't scan it
    gc.set_threshold(20_000, 20, 50)
    print(  # noqa: T201 - the line that callers wait for
        f"{server.provider.label} sandbox on {server.base_url} "
        f"(key {key}, {talents} talents, seed {seed})",
        flush=True,
    )
    needed = server.provider.facts().get("options", {})
    if needed:
        flags = " ".join(f"--option {name}={value}" for name, value in needed.items())
        print(f"Connect it with {flags}", flush=True)  # noqa: T201 - as above
    stopped = asyncio.Event()
    for sign in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(sign, stopped.set)
    try:
        await stopped.wait()
    finally:
        await server.close()


def arguments() -> argparse.ArgumentParser:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(prog="jemmo sandbox", description=__doc__)
    parser.add_argument("provider", choices=sorted(PROVIDERS))
    parser.add_argument("--port", type=int, default=0, help="0 takes any free port")
    parser.add_argument("--talents", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--key", default="test-key", help="the admin API key it accepts")
    parser.add_argument("--extra-key", action="append", default=[], metavar="KEY=SCOPE",
                        help="another key, of scope public, internal, admin or foreign")  # fmt: skip
    parser.add_argument("--faults", action="append", default=[], metavar="NAME[=N][,NAME...]")
    parser.add_argument("--switch", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--no-rate-limit", action="store_true")
    parser.add_argument("--epoch", help="all base data is older than this day (default: today)")
    parser.add_argument("--zone", default="Europe/Paris", help="the company's time zone")
    parser.add_argument("--webhook-url", help="where company webhooks are sent")
    parser.add_argument("--webhook-key", default="webhook-key", help="their signature key")
    parser.add_argument("--journal", type=Path, help="file that keeps changes across restarts")
    return parser


def main(argv: list[str] | None = None) -> None:
    """Run the command line."""
    parser = arguments()
    args = parser.parse_args(argv)
    switches = dict(part.partition("=")[::2] for part in args.switch)
    if args.no_rate_limit:
        switches["rate_limit"] = "false"
    epoch = parse_ms(args.epoch, ZoneInfo("UTC")) if args.epoch else None
    try:
        asyncio.run(
            serve(
                args.provider, port=args.port, talents=args.talents, seed=args.seed,
                key=args.key, faults=",".join(args.faults), webhook_url=args.webhook_url,
                webhook_key=args.webhook_key, zone=args.zone, journal=args.journal,
                epoch_ms=epoch, switches=switches,
                keys=dict(part.partition("=")[::2] for part in args.extra_key),
            )
        )  # fmt: skip
    except (ValueError, OSError) as error:
        parser.error(str(error))
