"""Generates all resumes: every format, by producer, language, and feature or defect.

Based on the formats' specifications and on what producers are known to write, not on our readers.
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
