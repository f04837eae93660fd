"""Django's PostgreSQL backend, with every statement in the scope of the current request."""
