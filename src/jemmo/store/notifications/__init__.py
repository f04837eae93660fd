"""Notifications, live events, and the conversation with support."""
