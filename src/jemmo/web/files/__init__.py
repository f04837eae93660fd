"""Previews and downloads of stored files."""
