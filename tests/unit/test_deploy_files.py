"""The files in deploy/ that can't be run here refer only to things that exist."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

import jemmo
from jemmo.cli.main import COMMANDS
from jemmo.services.operations import metrics
from jemmo.store.db.budget import PAGE_WAIT
from jemmo.web.frame.spooled import WRITING_SECONDS

ROOT = Path(jemmo.__file__).parents[2]
DEPLOY = ROOT / "deploy"
COMPOSE = DEPLOY / "container" / "compose.yaml"
METRIC = re.compile(r"\bjemmo_\w+")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(COMPOSE.read_text())
    return content


def test_every_service_runs_a_command_that_exists(compose: dict[str, Any]) -> None:
    ours = {name: service for name, service in compose["services"].items() if name != "postgres"}

    assert set(ours) == {"migrate", "web", "worker"}
    assert {service["command"][0] for service in ours.values()} <= set(COMMANDS)


def test_every_service_waits_for_what_it_needs_and_shares_the_keys(
    compose: dict[str, Any],
) -> None:
    services = compose["services"]

    assert services["migrate"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    for name in ("web", "worker"):
        assert services[name]["depends_on"]["migrate"] == {
            "condition": "service_completed_successfully"
        }
    for name in ("migrate", "web", "worker"):
        assert services[name]["volumes"] == ["jemmo:/var/lib/jemmo"]
        assert services[name]["cap_drop"] == ["ALL"]
    assert "JEMMO_HOME=/var/lib/jemmo" in (DEPLOY / "container" / "Dockerfile").read_text()


def test_the_pages_are_only_reachable_through_a_proxy(compose: dict[str, Any]) -> None:
    published = [service.get("ports", []) for service in compose["services"].values()]

    assert [ports for ports in published if ports] == [["127.0.0.1:8000:8000"]]


def test_every_variable_is_documented(compose: dict[str, Any]) -> None:
    explained = (ROOT / "docs" / "operations.md").read_text()
    text = (DEPLOY / "container" / "jemmo.env.example").read_text()
    names = set(re.findall(r"^(JEMMO_\w+)=", text, re.MULTILINE))

    assert names
    assert {name for name in names if name not in explained} == set()


@pytest.mark.parametrize("name", ["Dockerfile", "Dockerfile.dockerignore"])
def test_the_image_is_built_of_files_that_exist(name: str) -> None:
    text = (DEPLOY / "container" / name).read_text()
    copied = [
        source
        for line in re.findall(r"^COPY (?!--)(.+) \S+$", text, re.MULTILINE)
        for source in line.split()
    ]
    copied += re.findall(r"^!(\S+)$", text, re.MULTILINE)

    assert copied
    assert [source for source in copied if not (ROOT / source).exists()] == []


def test_nginx_waits_until_a_long_download_is_written() -> None:
    text = (DEPLOY / "nginx" / "jemmo.conf").read_text()
    (minutes,) = re.findall(r"^    proxy_read_timeout (\d+)m;", text, re.MULTILINE)

    assert int(minutes) * 60 > PAGE_WAIT + WRITING_SECONDS


def test_alerts_and_panels_read_metrics_that_exist(database_url: str) -> None:
    offered = set(METRIC.findall(metrics.rendered().decode()))
    rules = yaml.safe_load((DEPLOY / "prometheus" / "jemmo.yml").read_text())
    board = json.loads((DEPLOY / "grafana" / "jemmo.json").read_text())
    alerts = [rule["expr"] for group in rules["groups"] for rule in group["rules"]]
    panels = [target["expr"] for panel in board["panels"] for target in panel["targets"]]

    for expressions in (alerts, panels):
        assert expressions
        assert set(METRIC.findall(" ".join(expressions))) <= offered


def test_every_alert_says_what_to_do() -> None:
    rules = yaml.safe_load((DEPLOY / "prometheus" / "jemmo.yml").read_text())
    for group in rules["groups"]:
        for rule in group["rules"]:
            assert rule["annotations"]["summary"].endswith("."), rule["alert"]
            assert rule["annotations"]["next_step"].endswith("."), rule["alert"]
            assert rule["labels"]["severity"] in {"page", "ticket"}


def test_panels_do_not_overlap() -> None:
    board = json.loads((DEPLOY / "grafana" / "jemmo.json").read_text())
    cells = [
        (x, y)
        for panel in board["panels"]
        for place in [panel["gridPos"]]
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]

    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24
