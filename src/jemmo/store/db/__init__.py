"""Database infrastructure: connections, scope, policies, roles, ids, secrets, paging."""
