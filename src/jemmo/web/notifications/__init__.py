"""The bell, live events, and the help bubble."""
