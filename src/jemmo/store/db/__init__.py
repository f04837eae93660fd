"""Shared by all tables: connections, scope, policies, roles, ids, secrets, pages of lists."""
