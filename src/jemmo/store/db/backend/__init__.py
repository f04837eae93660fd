"""Django's PostgreSQL, with every statement in the scope of whoever asks."""
