"""ASCII forms of names."""

import unicodedata


def slug(name: str) -> str:
    """Return a name as it appears in addresses.

    >>> slug("Søren"), slug("Marie-Laure d'Été")
    ('soren', 'marie-lauredete')
    """
    plain = unicodedata.normalize("NFKD", name.replace("ø", "o").replace("Ł", "L"))
    return "".join(c for c in plain.lower() if c.isascii() and (c.isalnum() or c == "-")) or "x"
