"""Webhooks that Jemmo sends to other programs."""
