"""The supported ATSs. Each is a folder with a declaration in ``connector.py``, and a line in ``registry.py``."""
