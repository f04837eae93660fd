"""Teamtailor, through its public JSON:API."""
