"""Commands that run Jemmo: all of it, or its parts."""

from __future__ import annotations

import asyncio
import logging
import sys
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jemmo.cli.examples import examples
from jemmo.cli.operations import doctor
from jemmo.cli.operations.listening import adopt, listen, remember
from jemmo.cli.options import Json
from jemmo.cli.output import out, print_json
from jemmo.cli.startup import start
from jemmo.store.db import budget, priority

if TYPE_CHECKING:  # loaded only by the command that serves
    import uvicorn

log = logging.getLogger(__name__)
SWITCH_SECONDS = 0.0005
"""How long a thread that builds a page keeps the interpreter while the event loop waits for it.

With Python's 5 ms, eight such threads delay each step of a webhook by about 50 ms.
"""

Port = Annotated[int, typer.Option(help="The port of the web application.", min=0, max=65535)]
Host = Annotated[str, typer.Option(help="The address to listen on.")]


def register(app: typer.Typer) -> None:
    app.command("up", epilog=examples("jemmo up", "jemmo up --port 9000", "jemmo up --demo"))(up)
    app.command("down")(down)
    app.command("web", epilog=examples("jemmo web --host 0.0.0.0 --port 8000"))(web)
    app.command("worker", epilog=examples("jemmo worker --concurrency 8"))(worker)
    app.command("migrate")(migrate)
    app.command("doctor", epilog=examples("jemmo doctor", "jemmo doctor --json"))(doctor.doctor)


def up(
    port: Port = 8000,
    host: Host = "127.0.0.1",
    demo: Annotated[
        bool,
        typer.Option("--demo", help="Also start a simulated ATS, and connect and sync it."),
    ] = False,
    exit_when_ready: Annotated[
        bool, typer.Option("--exit-when-ready", help="Stop once everything is running (for tests).")
    ] = False,
) -> None:
    """Start the web application, a worker, and the scheduler.

    Press Ctrl-C to stop everything.
    """
    from jemmo.cli.operations import supervise

    supervise.up(host=host, port=port, with_demo=demo, exit_when_ready=exit_when_ready)


def down(json: Json = False) -> None:
    """Stop everything that is still running, including Postgres."""
    from jemmo.cli.operations import supervise

    stopped = list(supervise.down())
    if json:
        print_json({"stopped": stopped})
        return
    for name in stopped:
        out.print(f"Stopped {name}.")


def web(
    port: Port = 8000,
    host: Host = "127.0.0.1",
    fd: Annotated[
        int | None,
        typer.Option(
            "--fd",
            help="Use the open socket with this file descriptor instead of a new socket (3 "
            "with systemd socket activation).",
        ),
    ] = None,
) -> None:
    """Run only the web application."""
    with listen(host, port) if fd is None else adopt(fd) as listening:
        remember(listening)
        from jemmo import bootstrap

        bootstrap.start(operator=False, process="web", pool=budget.web().threads)
        bootstrap.collect_static()
        import uvicorn

        from jemmo.cli.operations import visitors
        from jemmo.services.notifications import live
        from jemmo.web.frame.warming import warm_up

        config = server_config("jemmo.asgi:application")
        config.load()
        warm_up()
        visitors.log_seldom()
        sys.setswitchinterval(SWITCH_SECONDS)

        class Server(uvicorn.Server):
            """Ends the streams of open pages on shutdown, which waits for all running responses."""

            def handle_exit(self, sig: int, frame: FrameType | None) -> None:
                live.close()
                super().handle_exit(sig, frame)

        Server(config).run(sockets=[listening])
        bootstrap.stop()


def server_config(application: Any) -> uvicorn.Config:
    """The uvicorn settings. The client is the peer: uvicorn would trust headers from any process of this machine."""
    import uvicorn

    from jemmo.cli.operations.visitors import Visitor

    return uvicorn.Config(
        application,
        http=Visitor,
        limit_concurrency=budget.web_clients(),
        log_config=None,  # uvicorn's lines would not be JSON, and would contain exception messages
        log_level="warning",
        lifespan="off",
        proxy_headers=False,  # JEMMO_PROXIES says how many to trust
        timeout_graceful_shutdown=10,
        # Longer than proxies keep theirs (60 s): the side that closes first loses the other's next request.
        timeout_keep_alive=75,
    )


def worker(
    concurrency: Annotated[
        int, typer.Option(help="The number of syncs to run at the same time.", min=1, max=100)
    ] = budget.WORKER_CONCURRENCY,
) -> None:
    """Run a background worker. You can start several workers.

    A worker starts syncs that are due, and refetches records that webhooks mention.
    """
    from jemmo import bootstrap

    priority.give_way()
    bootstrap.start(operator=False, process="worker", pool=budget.Worker().threads)
    from jemmo.cli.operations.working import work
    from jemmo.files import text
    from jemmo.files.text import ReaderUnavailable

    try:
        text.ready()
    except ReaderUnavailable as error:  # files have to wait, but syncs can run
        log.error("%s %s", error.message, error.next_step)  # noqa: TRY400 - a traceback would not help
    asyncio.run(work(concurrency))
    bootstrap.stop()


def migrate(json: Json = False) -> None:
    """Update the database tables.

    Other commands update the tables automatically.
    """
    start()
    if json:
        print_json({"up_to_date": True})
        return
    out.print("The database is up to date.")
