"""Teamtailor, by its public JSON:API."""
