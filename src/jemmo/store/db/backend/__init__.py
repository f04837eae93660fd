"""Django's PostgreSQL, with every statement in the scope of the current request."""
