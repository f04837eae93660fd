"""Reads lists by offset, even if their rows move meanwhile."""
