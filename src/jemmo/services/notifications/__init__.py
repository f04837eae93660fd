"""Notifications, live events, mail, and support."""
