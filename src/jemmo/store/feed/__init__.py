"""The change feed: triggers that note changes, their numbers, and what programs read of them."""
