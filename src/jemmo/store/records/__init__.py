"""Reads jobs, talents and applications for lists, pages, search, exports, quality checks and explanations."""
