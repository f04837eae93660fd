"""Signing in, members, profile, API tokens."""
