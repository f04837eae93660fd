"""The vendors. Each is a folder that declares itself in ``connector.py`` and one line in ``registry.py``."""
