"""Where the bytes of resumes lie, what may be kept at all, and the words in it.

What is kept is sealed before it comes here: no backend ever sees a person's data. Nothing is imported here: the reader
of files (``extract``) starts over for each, and is to load only what it needs.
"""
