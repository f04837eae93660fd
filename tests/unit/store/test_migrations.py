"""Migrations create the tables that the models describe, whatever version a database started from."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.core.management import call_command
from django.db.migrations.loader import MigrationLoader

AT_ONCE, ONE_BY_ONE = "0104_tables_at_once", "0104_texts_apart"


@pytest.fixture
def _no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compare the migration files, not a database's history."""
    monkeypatch.setattr(MigrationLoader, "check_consistent_history", lambda *_: None)


def tables(name: str, *, replace: bool) -> dict[str, object]:
    loader = MigrationLoader(None, replace_migrations=replace)
    models = loader.project_state(("store", name)).models
    return {
        model: [
            {field: repr(made.deconstruct()[1:]) for field, made in state.fields.items()},
            {name: _plain(value) for name, value in state.options.items()},
            state.bases,
        ]
        for (app, model), state in models.items()
        if app == "store"
    }


def _plain(value: object) -> object:
    """Normalize a value: indexes and constraints in any order, nothing for empty ones."""
    return sorted(map(repr, value)) if isinstance(value, list) else value


def test_new_databases_get_the_tables_that_older_ones_grew_into() -> None:
    at_once, grown = tables(AT_ONCE, replace=True), tables(ONE_BY_ONE, replace=False)

    assert at_once.keys() == grown.keys()
    for model, state in grown.items():
        assert at_once[model] == state, model


def test_manually_defined_functions_and_tables_are_the_same() -> None:
    at_once = import_module(f"jemmo.store.migrations.{AT_ONCE}")

    assert (
        at_once.ORGANISATION
        == import_module("jemmo.store.migrations.0073_org_of_parts").ORGANISATION
    )
    before = import_module("jemmo.store.migrations.0061_cache_entry").Migration.operations[0].sql
    assert words(at_once.CACHE) == words(before)


def words(sql: str) -> list[str]:
    return sql.replace("(", " ").replace(")", " ").replace(";", " ").split()


@pytest.mark.usefixtures("_no_database")
def test_every_change_of_the_models_has_its_migration() -> None:
    call_command("makemigrations", "store", check=True, dry_run=True, verbosity=0)
