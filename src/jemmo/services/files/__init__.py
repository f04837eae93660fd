"""Downloading, storing, serving and cleaning up files."""
