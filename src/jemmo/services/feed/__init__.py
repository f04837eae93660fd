"""The change feed, as API programs read it."""
