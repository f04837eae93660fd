"""Receiving webhooks, and refetching the records that they name."""
