"""`python -m jemmo`."""

from jemmo.cli.main import run

run()
