"""The nouns and the thinking: pure code without I/O, clock or framework."""
