"""What a run says of itself besides its counts: the warnings of its report."""

from __future__ import annotations

from jemmo.domain.error_catalog import ERROR_CATALOG
from jemmo.domain.outcomes import RunWarning
from jemmo.domain.streams import Checkpoint, Notes, Stream


def repaired(stream: Stream) -> RunWarning:
    return RunWarning(
        code="checkpoint_unreadable",
        message=f"The place where the last sync of {stream} stopped could not be read, "
        "so it began anew.",
    )


def clock_off(seconds: float) -> RunWarning:
    size = abs(seconds)
    length, unit = next(
        (int(size // length), unit)
        for length, unit in ((86_400, "days"), (3600, "hours"), (60, "minutes"))
        if size >= 2 * length or unit == "minutes"
    )
    where = "ahead of" if seconds > 0 else "behind"
    return RunWarning(
        code="clock_off",
        message=f"The ATS's clock is {length} {unit} {where} ours. Changes are looked for by its own clock.",
    )


def unproved(point: Checkpoint) -> str:
    if point.total is None or point.seen >= point.total:
        return f"The list of {point.stream} could not be read to a proved end."
    return f"The ATS counts {point.total} {point.stream}, but {point.seen} were read."


def warnings_of(notes: Notes) -> list[RunWarning]:
    return [
        RunWarning(code=code, message=_meaning(code), count=count, example=notes.examples[code])
        for code, count in sorted(notes.counts.items())
    ]


def _meaning(code: str) -> str:
    """What a note says: what the catalogue of troubles does, unless it names what was found."""
    kind, _, detail = code.partition(":")
    meanings = {
        "unknown_value": f"The ATS sent a value we do not know yet ({detail}); it is kept as text.",
        "filter_ignored": "The ATS ignores the filter for changed records, so all were read.",
        "not_joined": f"Some of the ATS's records could not be matched with each other ({detail}).",
        "dropped_value": f"A value could not be read and was left empty ({detail}).",
        "key_expires": f"The API key expires on {detail}; replace it before.",
    }
    if kind in meanings:
        return meanings[kind]
    return ERROR_CATALOG[kind].means if kind in ERROR_CATALOG else code
