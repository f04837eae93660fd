"""Database access for backups, key rotation, metrics and the doctor."""
