"""Where the bytes of resumes lie, what may be kept at all, and the words in it.

What is kept is sealed before it comes here: no backend ever sees a person's data.
"""

from jemmo.files.choose import open_storage
from jemmo.files.inspection import Refused, inspect
from jemmo.files.storage import Missing, Storage, StorageError, Stored

__all__ = [
    "Missing",
    "Refused",
    "Storage",
    "StorageError",
    "Stored",
    "inspect",
    "open_storage",
]
