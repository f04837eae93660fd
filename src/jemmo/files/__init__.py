"""Storage, inspection and text extraction of resumes.

Content is encrypted before it is stored, so no storage backend sees personal data. This module imports nothing, because
the file reader (``extract``) runs in a new process for each file and should load only what it needs.
"""
