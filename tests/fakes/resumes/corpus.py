"""All resumes, composed anew: format by producer by language by feature or defect.

Written from the formats' specifications and from what producers are known to write, not from our readers.
"""

from __future__ import annotations

from functools import cache

from fakes.resumes import opendocument, plain, portable, rich_text, word, word_binary
from fakes.resumes.resume import Resume


@cache
def corpus() -> tuple[Resume, ...]:
    return tuple(
        resume
        for source in (word, opendocument, rich_text, portable, plain, word_binary)
        for resume in source.resumes()
    )
