"""A package, so that its tests may share a browser."""
