"""Commands for records and their data."""
