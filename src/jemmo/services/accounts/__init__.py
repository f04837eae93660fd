"""Organizations, people, their sign-in, and the tokens of programs."""
