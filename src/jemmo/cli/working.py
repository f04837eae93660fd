"""A worker process: takes tasks from the queue until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import signal

from procrastinate.contrib.django import app

from jemmo.tasks import slices

HEARTBEAT = 5.0  # seconds
LAST_WORDS = 25.0  # seconds in which a sync finishes its page; a service manager usually waits for 30 or more


async def work(concurrency: int) -> None:
    """Run tasks, ``concurrency`` at a time. SIGTERM or Ctrl-C ends each sync after its page; others go on with it."""
    connector = app.connector.get_worker_connector()  # type: ignore[attr-defined]
    with app.replace_connector(connector) as running:
        async with running.open_async():
            working = asyncio.ensure_future(
                running.run_worker_async(
                    concurrency=concurrency,
                    delete_jobs="always",
                    install_signal_handlers=False,
                    update_heartbeat_interval=HEARTBEAT,
                    stalled_worker_timeout=4 * HEARTBEAT,
                    shutdown_graceful_timeout=LAST_WORDS,
                )
            )

            def stop() -> None:
                slices.stop()
                working.cancel()

            for name in (signal.SIGTERM, signal.SIGINT):
                asyncio.get_running_loop().add_signal_handler(name, stop)
            with contextlib.suppress(asyncio.CancelledError):
                await working
