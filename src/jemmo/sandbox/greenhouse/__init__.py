"""A simulated Greenhouse account, as the documentation of Harvest v3 tells it."""
