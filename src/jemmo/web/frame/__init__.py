"""What all pages share: access, limits, headers, errors, labels."""
