"""Commands for outgoing webhooks."""
