"""What surrounds every page: access, limits, headers, errors, labels."""
