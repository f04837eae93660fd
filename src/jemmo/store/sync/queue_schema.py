"""Adapts the queue library to our tables.

The library reads the name of a waiting task from the detail of Postgres's error. Under row-level security, Postgres
omits the detail, since it would reveal a row's values. The constraint name is always there and is used instead.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from procrastinate import App, PsycopgConnector, sync_psycopg_connector
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.exceptions import ConnectorException, UniqueViolation


def prepare(_: App) -> None:
    """Set the schema. Every connector of the library, including Django's, looks it up for each statement."""
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
    """A worker's connector. It takes tasks through its own pool, which belongs to the worker's event loop.

    Threads queue tasks over their own Django connection, and therefore within their transaction. The library would give
    them the pool, which a thread can't wait for.
    """

    def get_sync_connector(self) -> DjangoConnector:
        return DjangoConnector(alias="default")
