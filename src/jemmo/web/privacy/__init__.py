"""Settings > Privacy."""
