"""The REST API: what other programs read. See docs/api.md."""
