"""Settings > API > Webhooks: where Jemmo sends events."""
