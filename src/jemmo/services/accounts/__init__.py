"""Organizations, people and their sign-in, and API tokens."""
