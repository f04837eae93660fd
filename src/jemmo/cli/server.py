"""Running Jemmo: all of it, or its parts."""

from __future__ import annotations

import asyncio
from types import FrameType
from typing import Annotated

import typer

from jemmo import bootstrap
from jemmo.cli import doctor, supervise
from jemmo.cli.output import explained_errors, out

Port = Annotated[int, typer.Option(help="The port of the web application.", min=0, max=65535)]
Host = Annotated[str, typer.Option(help="The address to listen on.")]


def register(app: typer.Typer) -> None:
    app.command("up")(up)
    app.command("down")(down)
    app.command("web")(web)
    app.command("worker")(worker)
    app.command("migrate")(migrate)
    app.command("doctor")(doctor.doctor)


def up(
    port: Port = 8000,
    host: Host = "127.0.0.1",
    demo: Annotated[
        bool, typer.Option("--demo", help="With a simulated ATS, connected and synced.")
    ] = False,
    exit_when_ready: Annotated[
        bool, typer.Option("--exit-when-ready", help="Stop once everything runs (for tests).")
    ] = False,
) -> None:
    """Start the web application, a worker and the schedule; Ctrl-C stops them."""
    with explained_errors():
        supervise.up(host=host, port=port, with_demo=demo, exit_when_ready=exit_when_ready)


def down() -> None:
    """Stop what any command left running, the embedded Postgres included."""
    with explained_errors():
        for stopped in supervise.down():
            out.print(f"Stopped {stopped}.")


def web(port: Port = 8000, host: Host = "127.0.0.1") -> None:
    """Serve the pages."""
    with explained_errors():
        bootstrap.start(operator=False)
        bootstrap.collect_static()
        import uvicorn

        from jemmo.services import live

        config = uvicorn.Config(
            "jemmo.asgi:application",
            host=host,
            port=port,
            log_level="warning",
            lifespan="off",
            timeout_graceful_shutdown=10,
        )

        class Server(uvicorn.Server):
            """Ends the streams of open pages when told to stop: it waits for all answers under way."""

            def handle_exit(self, sig: int, frame: FrameType | None) -> None:
                live.close()
                super().handle_exit(sig, frame)

        Server(config).run()


def worker(
    concurrency: Annotated[int, typer.Option(help="Syncs at a time.", min=1, max=100)] = 4,
) -> None:
    """Run syncs in the background, start those that are due, look up what webhooks name. Any number may run."""
    with explained_errors():
        bootstrap.start(operator=False)
        from jemmo.cli.working import work

        asyncio.run(work(concurrency))


def migrate() -> None:
    """Bring the database's tables up to date; every other command does so too."""
    with explained_errors():
        bootstrap.start()
        out.print("The database is up to date.")
