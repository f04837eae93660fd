"""Browser tests: a package, so that they can share one browser."""
