"""The change feed: triggers that mark changes, numbering, and reading by programs."""
