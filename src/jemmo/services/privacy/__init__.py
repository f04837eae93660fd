"""Data protection: erasure, retention, access, processing."""
