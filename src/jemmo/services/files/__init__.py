"""Downloads, stores, serves and cleans up files."""
