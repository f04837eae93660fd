"""Readers of documents, one per kind: bytes in, pieces of text out. They run in the sandbox alone.

A reader raises whatever it does about a damaged file. A piece ends with a line break where the document has one, so
the pieces are joined as they are.
"""
