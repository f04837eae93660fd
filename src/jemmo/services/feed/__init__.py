"""The change feed, as the API's programs read it."""
