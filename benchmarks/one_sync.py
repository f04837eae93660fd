"""Runs one sync in a separate process, so that its memory can be measured.

`python -m benchmarks.one_sync ORG URL pacing [PROVIDER [NAME=VALUE ...]]` prints one JSON object.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

from benchmarks.memory import peak_megabytes
from jemmo import bootstrap


def main(org: str, address: str, pacing: str, provider: str = "teamtailor", *given: str) -> None:
    url = bootstrap.start()
    from jemmo.services.accounts import accounts  # noqa: PLC0415 - once Django is set up
    from jemmo.services.connections import connections  # noqa: PLC0415 - once Django is set up
    from jemmo.services.sync import runner  # noqa: PLC0415 - once Django is set up
    from jemmo.store.models import Attachment  # noqa: PLC0415
    from jemmo.vault import default_vault  # noqa: PLC0415

    made = connections.connect(
        accounts.ensure_organisation(org),
        provider,
        "bench-key",
        vault=default_vault(),
        base_url=address,
        options={"pacing": pacing, **dict(one.partition("=")[::2] for one in given)},
    )
    began = time.process_time()
    report = asyncio.run(runner.sync(made.id, database_url=url, vault=default_vault()))
    processor = time.process_time() - began
    files = Attachment.objects.filter(talent__connection=made.id).count()
    found = {
        "status": report.status,
        "mode": report.mode,
        "seconds": report.seconds,
        "processor": round(processor, 3),
        "requests": report.requests,
        "files": files,
        "records": sum(counts.fetched for counts in report.streams.values()),
        "megabytes": round(peak_megabytes()),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
