"""The rows of files: the queue of downloads, and what is stored."""
