"""Erasure, retention, suppression, and the access log."""
