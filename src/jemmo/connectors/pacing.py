"""The pace of a connection's requests, where its ATS counts them in a window."""

from __future__ import annotations

from jemmo.connectors.base import Config
from jemmo.rest_client import Pacer


def pacer(config: Config, limit: int, per: float) -> Pacer | None:
    """For ``limit`` requests in ``per`` seconds, less what is left to others; none with ``pacing=off``."""
    if not config.on("pacing"):
        return None
    return Pacer(limit, per, share=config.share, at_once=config.at_once)
