"""The REST API for other programs. See docs/api.md."""
