"""A simulated Greenhouse account, as documented for Harvest v3."""
