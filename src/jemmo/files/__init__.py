"""Storage, inspection and text extraction of resumes.

Content is encrypted before it gets here, so no backend ever sees personal data. Nothing is imported here: the reader
of files (``extract``) starts over for each, and is to load only what it needs.
"""
