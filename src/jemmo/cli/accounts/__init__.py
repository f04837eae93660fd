"""People, organizations, and tokens."""
