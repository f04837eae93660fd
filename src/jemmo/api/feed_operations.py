"""Operations of the feed: changes, snapshots and digests.

Annotations are evaluated by django-ninja.
"""

from typing import Annotated
from uuid import UUID

from django.http import HttpResponseBase
from ninja import Path, Query

from jemmo.api import feed, schemas
from jemmo.api.access import ApiRequest
from jemmo.api.document import Include, operation, reference
from jemmo.domain.tokens import ApiScope
from jemmo.store.records.export import KINDS

After = Annotated[
    int | None, Query(ge=0, lt=2**63, description="`next_after` of the previous page.")
]
First = Annotated[UUID | None, Query(alias="from", description="The first ID of a range.")]
End = Annotated[
    UUID | None, Query(alias="to", description="The ID at the end of a range (exclusive).")
]
SCOPES = (ApiScope.RECORDS,)


@operation(
    id="list_changes",
    includes=("record",),
    address="/changes",
    summary="List changes",
    description="Returns records that were created, updated, and deleted, in commit order. With `Accept: "
    "text/event-stream`, changes arrive as server-sent events.",
    schema=reference("Changes"),
    scopes=SCOPES,
    tag="feed",
    refusals=(410, 503),
)
def list_changes(
    request: ApiRequest,
    after: After = None,
    limit: Annotated[int, Query(ge=1, le=feed.MOST_CHANGES, description="Changes per page.")] = 100,
    wait: Annotated[
        float,
        Query(
            ge=0,
            le=feed.LONGEST_WAIT,
            allow_inf_nan=False,
            description="How long to wait for the first change, in seconds.",
        ),
    ] = 0,
    include: Include = None,
) -> HttpResponseBase:
    return feed.changes(request, after=after, limit=limit, wait=wait, include=include)


@operation(
    id="get_snapshot",
    includes=tuple({part: None for kind in KINDS.values() for part in kind.parts}),
    address="/snapshot/{entity}",
    summary="Read all records of an entity",
    description='Returns JSON lines. The last line of a complete snapshot is `{"seq": SEQ}`. '
    "Notes also require the `notes` scope.",
    schema=schemas.LINES,
    content_type="application/jsonl",
    scopes=SCOPES,
    tag="feed",
    refusals=(410, 503),
)
def get_snapshot(
    request: ApiRequest,
    entity: Annotated[str, Path(description="A type of record.")],
    first: First = None,
    end: End = None,
    include: Include = None,
) -> HttpResponseBase:
    return feed.snapshot(request, entity, first=first, end=end, include=include)


@operation(
    id="get_digest",
    address="/digest",
    summary="Get counts and digests to verify a copy",
    description=schemas.DIGEST_RECIPE,
    schema=reference("Digest"),
    scopes=SCOPES,
    tag="feed",
    refusals=(410, 503),
)
def get_digest(
    request: ApiRequest,
    entity: Annotated[str | None, Query(description="Only records of this type.")] = None,
    first: First = None,
    end: End = None,
    parts: Annotated[
        int,
        Query(
            ge=1, le=feed.MOST_PARTS, description="Number of ID ranges to divide the records into."
        ),
    ] = 1,
    at: Annotated[
        int | None,
        Query(ge=0, lt=2**63, description="Compute the digest as of this sequence number."),
    ] = None,
) -> HttpResponseBase:
    return feed.digest(request, entity=entity, first=first, end=end, parts=parts, at=at)
