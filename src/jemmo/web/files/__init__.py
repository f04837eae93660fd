"""The texts and bytes of stored files."""
