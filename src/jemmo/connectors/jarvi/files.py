"""Downloads resumes. Downloads from Jarvi's own host count toward the time budget."""

from __future__ import annotations

from jemmo.connectors.base import Config
from jemmo.connectors.jarvi.client import client_of, key_of
from jemmo.connectors.jarvi.template_files import TemplateFiles
from jemmo.connectors.jarvi.time_budget import time_budget


def open_files(config: Config) -> TemplateFiles:
    client = client_of(config, time_budget(config, "Jarvi"), accept="*/*")
    return TemplateFiles(config, client, key=key_of(config), label="Jarvi")
