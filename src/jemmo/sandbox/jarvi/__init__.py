"""The Jarvi sandbox: one invented recruitment firm behind the Jarvi public API."""
