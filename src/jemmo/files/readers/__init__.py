"""Readers of documents, one per kind: bytes in, pieces of text out. They run only in the sandbox.

A reader may raise anything for a damaged file. Pieces end with a line break where the document has one, so they are
joined unchanged.
"""
