"""One sync in a process of its own, so that its memory can be told: `python -m benchmarks.one_sync ORG URL pacing`."""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time

from jemmo import bootstrap


def main(org: str, address: str, pacing: str) -> None:
    url = bootstrap.start()
    from jemmo.services import accounts, connections, syncs  # noqa: PLC0415 - once Django is set up
    from jemmo.store.models import Attachment  # noqa: PLC0415
    from jemmo.vault import default_vault  # noqa: PLC0415

    made = connections.connect(
        accounts.ensure_organisation(org),
        "teamtailor",
        "bench-key",
        vault=default_vault(),
        base_url=address,
        options={"pacing": pacing},
    )
    began = time.process_time()
    report = asyncio.run(syncs.sync(made.id, database_url=url, vault=default_vault()))
    processor = time.process_time() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    files = Attachment.objects.filter(talent__connection=made.id).count()
    found = {
        "status": report.status,
        "mode": report.mode,
        "seconds": report.seconds,
        "processor": round(processor, 3),
        "requests": report.requests,
        "files": files,
        "records": sum(counts.fetched for counts in report.streams.values()),
        "megabytes": round(peak),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:4])
