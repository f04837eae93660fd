"""The domain model and its rules: pure code without I/O, clock or framework."""
