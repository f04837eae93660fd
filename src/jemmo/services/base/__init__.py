"""Shared services: scopes of work, and contexts of encrypted values."""
