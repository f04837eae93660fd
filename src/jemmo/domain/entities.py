"""The kinds of synced records, each declared once: see ``docs/adding-an-entity.md``.

Staging, upserts, policies, erasure, exports and the API derive from these declarations and from each record's fields
(``jemmo.domain.fields``). The Django models stay explicit, and a test compares them with the declarations.
"""

from __future__ import annotations

from msgspec import Struct

from jemmo.domain import records
from jemmo.domain.fields import Field, kept_apart, links
from jemmo.domain.streams import Stream
from jemmo.domain.translation_marks import marked_in as pgettext


class Part(Struct, frozen=True, kw_only=True):
    """Rows of another table that are written with a record, one for each ``record`` in its ``attribute``.

    ``ordered`` parts keep their position in the list. Others are sorted by the column ``order``. ``present`` is the
    condition for rows that the record still had when it was last read.
    """

    name: str
    attribute: str
    record: type[Struct]
    table: str
    ordered: bool = False
    order: str = "position"
    present: str = "true"


class Entity(Struct, frozen=True, kw_only=True):
    """A kind of synced record.

    stream  its stream; streams are synced in the order of ``Stream``
    record  its canonical record, which declares its fields
    table   where it is stored
    name    singular name on pages; ``plural`` is used for several, and in the API's description of lists
    right   the right that a member or token needs to see any of them; empty if no particular right is needed
    hides   whether the organization's rules may exclude it
    owner   the record it belongs to; deleted with it when the ATS deletes the owner, without a review of its own
    parts   parts stored with it in tables of their own
    """

    stream: Stream
    record: type[records.Record]
    table: str
    name: str
    plural: str
    right: str = ""
    hides: bool = False
    owner: type[records.Record] | None = None
    parts: tuple[Part, ...] = ()

    @property
    def is_personal(self) -> bool:
        """Whether the record is about a talent and therefore erased with them."""
        return records.Talent in (self.record, *(link.target for link in links(self.record)))

    @property
    def has_sealed_texts(self) -> bool:
        """Whether its table has a column for redacted texts. Those of a talent are in another table."""
        return self.record is not records.Talent and kept_apart(self.record)

    @property
    def owner_link(self) -> Field:
        """The field with the remote id of its owner. Raises ``StopIteration`` if the record has none."""
        return next(link for link in links(self.record) if link.target is self.owner)


_LOCATIONS = Part(
    name="locations",
    attribute="locations",
    record=records.Location,
    table="job_location",
    ordered=True,
)
_PAY = Part(
    name="pay",
    attribute="compensations",
    record=records.Compensation,
    table="job_compensation",
    ordered=True,
)
_PLACES_OF_POSTINGS = Part(
    name="posting_locations",
    attribute="locations",
    record=records.Location,
    table="job_posting_location",
    ordered=True,
)
_FILES = Part(
    name="files",
    attribute="attachments",
    record=records.Attachment,
    table="attachment",
    order="remote_id",
    present="remote_deleted_at IS NULL",
)
_MOVES = Part(
    name="moves",
    attribute="moves",
    record=records.Move,
    table="stage_event",
    order="at",
    present="origin = 'REPORTED'",
)

ENTITIES: dict[Stream, Entity] = {
    entity.stream: entity
    for entity in (
        Entity(
            stream=Stream.DEPARTMENTS,
            record=records.Department,
            table="department",
            name=pgettext("record", "Department"),
            plural=pgettext("stream", "Departments"),
        ),
        Entity(
            stream=Stream.USERS,
            record=records.User,
            table="ats_user",
            name=pgettext("record", "Recruiter"),
            plural=pgettext("stream", "Recruiters"),
        ),
        Entity(
            stream=Stream.REJECT_REASONS,
            record=records.RejectReason,
            table="reject_reason",
            name=pgettext("record", "Reject reason"),
            plural=pgettext("stream", "Reject reasons"),
        ),
        Entity(
            stream=Stream.JOBS,
            record=records.Job,
            table="job",
            name=pgettext("record", "Job"),
            plural=pgettext("stream", "Jobs"),
            hides=True,
            parts=(_LOCATIONS, _PAY),
        ),
        Entity(
            stream=Stream.POSTINGS,
            record=records.Posting,
            table="job_posting",
            name=pgettext("record", "Job posting"),
            plural=pgettext("stream", "Job postings"),
            owner=records.Job,
            parts=(_PLACES_OF_POSTINGS,),
        ),
        Entity(
            stream=Stream.STAGES,
            record=records.Stage,
            table="stage",
            name=pgettext("record", "Stage"),
            plural=pgettext("stream", "Stages"),
            owner=records.Job,
        ),
        Entity(
            stream=Stream.TALENTS,
            record=records.Talent,
            table="talent",
            name=pgettext("record", "Talent"),
            plural=pgettext("stream", "Talents"),
            hides=True,
            parts=(_FILES,),
        ),
        Entity(
            stream=Stream.APPLICATIONS,
            record=records.Application,
            table="application",
            name=pgettext("record", "Application"),
            plural=pgettext("stream", "Applications"),
            parts=(_MOVES,),
        ),
        Entity(
            stream=Stream.NOTES,
            record=records.Note,
            table="note",
            name=pgettext("record", "Note"),
            plural=pgettext("stream", "Notes"),
            right="notes",
            owner=records.Talent,
        ),
    )
}

_STREAM_OF: dict[type[Struct], Stream] = {
    entity.record: stream for stream, entity in ENTITIES.items()
}
EXPORTS = (*map(str, ENTITIES), "resumes")
"""What can be exported: each kind of record, and the files of talents."""
PERSONAL_STREAMS = tuple(stream for stream, entity in ENTITIES.items() if entity.is_personal)


def target_of(link: Field) -> Stream:
    """Return the stream of the records a link points to."""
    assert link.target is not None
    return _STREAM_OF[link.target]
