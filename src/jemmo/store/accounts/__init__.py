"""Sessions and members."""
