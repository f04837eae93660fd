"""Reads a whole account without storing it, in a separate process so that its memory can be measured.

`python -m benchmarks.one_read PROVIDER URL KEY [NAME=VALUE ...]` prints one JSON object: records, requests, seconds,
megabytes.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Sequence

from benchmarks.memory import peak_megabytes
from jemmo.connectors.registry import connector_for
from jemmo.domain.errors import RecordRejected
from jemmo.domain.ports import Source
from jemmo.domain.streams import Notes, Start, Stream


async def read(provider: str, address: str, key: str, options: dict[str, str]) -> dict[str, float]:
    connector = connector_for(provider)
    source = connector.open(connector.configure(key, address, {"pacing": "off", **options}))
    began = time.perf_counter()
    try:
        # Concurrently, like a sync, since some vendors' streams share responses.
        read = await asyncio.gather(*(_stream(source, spec.name) for spec in source.streams))
        requests = source.requests
    finally:
        await source.close()
    seconds = time.perf_counter() - began
    return {
        "records": sum(read),
        "requests": requests,
        "seconds": seconds,
        "megabytes": peak_megabytes(),
    }


async def _stream(source: Source, stream: Stream) -> int:
    count, notes = 0, Notes()
    async for page in source.pages(stream, Start()):
        for one in page.raw:
            count += 1
            try:
                page.map(one, notes)
            except RecordRejected:
                continue
    return count


def main(arguments: Sequence[str]) -> None:
    provider, address, key, *given = arguments
    options = dict(one.partition("=")[::2] for one in given)
    print(json.dumps(asyncio.run(read(provider, address, key, options))))


if __name__ == "__main__":
    main(sys.argv[1:])
