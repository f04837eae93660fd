"""The Teamtailor sandbox: one invented company behind the documented Teamtailor API."""
