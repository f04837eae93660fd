"""Receiving webhooks, and the page about them."""
