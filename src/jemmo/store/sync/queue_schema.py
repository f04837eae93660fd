"""What the queue's library needs to know about our tables.

It takes the name of a waiting task from the detail of Postgres's error, and Postgres gives none where row-level
security is on: it would reveal values of a row. The constraint, which it always names, says as much.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from procrastinate import App, PsycopgConnector, sync_psycopg_connector
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.exceptions import ConnectorException, UniqueViolation


def prepare(_: App) -> None:
    """Every connector of the library, Django's among them, looks up this name for each statement."""
    sync_psycopg_connector.wrap_exceptions = _explained


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except psycopg.errors.UniqueViolation as error:
        name = error.diag.constraint_name
        raise UniqueViolation(constraint_name=name, queueing_lock=None) from error
    except psycopg.Error as error:
        raise ConnectorException from error


class Connector(PsycopgConnector):
    """A worker's: it takes tasks by a pool of its own, which belongs to the worker's event loop.

    Threads queue tasks over their own Django connection, so within their transaction. The library would lend
    them the pool, in which they could not wait for their turn.
    """

    def get_sync_connector(self) -> DjangoConnector:
        return DjangoConnector(alias="default")
