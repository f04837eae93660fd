"""The rows of files: the download queue, and stored files."""
