"""Queues background tasks."""

from __future__ import annotations

from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued


def enqueue(task: str, *, queue: str, lock: str, waits_as: str = "", **arguments: str) -> None:
    """Queue a task unless one with the same ``waits_as``, by default its lock, is queued.

    Tasks with the same lock run one at a time.
    """
    configured = app.configure_task(task, queue=queue, lock=lock, queueing_lock=waits_as or lock)
    try:
        with transaction.atomic():
            configured.defer(**arguments)
    except AlreadyEnqueued:
        return
