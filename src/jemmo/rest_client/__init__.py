"""Polite HTTP: paced, retried with care, and without knowledge of any vendor."""

from jemmo.rest_client.client import Answer, RestClient
from jemmo.rest_client.download import Hosts, LinkDead, download
from jemmo.rest_client.pacing import Pacer

__all__ = ["Answer", "Hosts", "LinkDead", "Pacer", "RestClient", "download"]
