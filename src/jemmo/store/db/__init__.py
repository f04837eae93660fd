"""What every table needs: connections, scope, policies, roles, ids, secrets, pages of lists."""
