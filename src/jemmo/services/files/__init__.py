"""Downloading files, storing them, handing them out, and cleaning up."""
