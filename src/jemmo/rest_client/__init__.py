"""A polite HTTP client: paced, retried with care, independent of any vendor."""

from jemmo.rest_client.client import Answer, RestClient
from jemmo.rest_client.download import Downloads, Hosts, LinkDead
from jemmo.rest_client.pacing import Pacer

__all__ = ["Answer", "Downloads", "Hosts", "LinkDead", "Pacer", "RestClient"]
