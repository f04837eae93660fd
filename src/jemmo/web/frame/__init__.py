"""The frame of every page: access, limits, headers, errors, labels."""
