"""The simplest possible connector, for newcomers to copy. It is not offered to customers."""
