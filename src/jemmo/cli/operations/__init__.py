"""Running Jemmo: its processes, keys, and backups."""
