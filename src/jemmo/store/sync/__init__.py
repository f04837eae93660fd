"""Runs with their lease and pace, and the only code that writes records."""
