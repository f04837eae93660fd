"""Keeps a copy of Jemmo's records in SQLite, and proves that it is complete.

    JEMMO_TOKEN=… python examples/mirror.py http://127.0.0.1:8000 copy.db [--follow]

The first time it reads snapshots, then only changes. It can be stopped at any moment: records and the number to go on
from are written in one transaction. Only Python's own library is needed.
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
from collections.abc import Iterator
from hashlib import sha256
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

PARTS = 64
TABLES = """
    CREATE TABLE IF NOT EXISTS record (entity, id, version, body, PRIMARY KEY (entity, id));
    CREATE TABLE IF NOT EXISTS position (seq INTEGER)"""


class Mirror:
    def __init__(self, url: str, token: str, path: str) -> None:
        self.url, self.token = url, token
        self.db = sqlite3.connect(path)
        self.db.executescript(TABLES)

    def lines(self, path: str, **parameters: Any) -> Iterator[Any]:
        """The answer, a line at a time."""
        query = urlencode({name: value for name, value in parameters.items() if value})
        headers = {"Authorization": f"Bearer {self.token}"}
        request = Request(f"{self.url}/api/v1/{path}?{query}", headers=headers)  # noqa: S310
        with urlopen(request, timeout=60) as answer:  # noqa: S310 - the address is the operator's
            yield from map(json.loads, answer)

    def position(self) -> int | None:
        row = self.db.execute("SELECT seq FROM position").fetchone()
        return row and int(row[0])

    def run(self, wait: int) -> list[str]:
        """Bring the copy up to date, and repair what differs; what differs still."""
        if self.position() is None:
            self.begin()
        self.follow(wait)
        for entity in self.differing():
            print(f"{entity}: reading again what differs", flush=True)
            self.repair(entity)
            self.follow()
        return self.differing()

    def begin(self) -> None:
        """Read everything. The lowest number is the one to go on from."""
        with self.db:
            self.db.execute("DELETE FROM record")
            (proof,) = self.lines("digest")
            self.move(min([self.load(entity) for entity in proof["entities"]]))

    def load(self, entity: str, first: str = "", end: str = "") -> int:
        """Read a snapshot, of a range of ids or of all, over what is there; its number."""
        where, values = within(entity, first, end)
        self.db.execute(f"DELETE FROM record WHERE {where}", values)  # noqa: S608 - fixed texts
        for line in self.lines(f"snapshot/{entity}", **{"from": first, "to": end}):
            if "seq" in line:
                return int(line["seq"])
            self.put(entity, line["modified_at"], line)
        raise ConnectionError("The snapshot broke off.")

    def follow(self, wait: int = 0) -> None:
        """Write changes until there are no more."""
        more = True
        while more:
            asked = {"after": self.position(), "limit": 500, "include": "record", "wait": wait}
            (page,) = self.lines("changes", **asked)
            with self.db:
                for change in page["data"]:
                    self.apply(change)
                self.move(page["next_after"])
            more = len(page["data"]) == 500

    def apply(self, change: dict[str, Any]) -> None:
        """A record may be newer than its change, or gone again: then another change follows."""
        if change["op"] == "deleted":
            self.db.execute("DELETE FROM record WHERE id = ?", (change["id"],))
        else:
            self.put(
                change["entity"], change["modified_at"], change["record"] or {"id": change["id"]}
            )

    def put(self, entity: str, version: str, body: dict[str, Any]) -> None:
        row = (entity, body["id"], version, json.dumps(body))
        self.db.execute("INSERT OR REPLACE INTO record VALUES (?, ?, ?, ?)", row)

    def move(self, seq: int) -> None:
        self.db.execute("DELETE FROM position")
        self.db.execute("INSERT INTO position VALUES (?)", (seq,))

    def total(self, entity: str, first: str = "", end: str = "") -> dict[str, Any]:
        """The count and digest of the copy, or of a range of ids."""
        where, values = within(entity, first, end)
        rows = self.db.execute(f"SELECT id, version FROM record WHERE {where}", values)  # noqa: S608
        hashes = [int(sha256(":".join(row).encode()).hexdigest(), 16) for row in rows]
        return {"count": len(hashes), "digest": f"{sum(hashes) % 2**256:064x}"}

    def differing(self) -> list[str]:
        """The entities of which the copy is not what Jemmo had at its number."""
        (proof,) = self.lines("digest", at=self.position())
        return [name for name, total in proof["entities"].items() if total != self.total(name)]

    def repair(self, entity: str) -> None:
        """Read again the ranges that differ. What changed meanwhile follows as changes."""
        (proof,) = self.lines("digest", entity=entity, parts=PARTS, at=self.position())
        with self.db:
            for part in proof["parts"]:
                first, end = part.pop("from"), part.pop("to")
                if part != self.total(entity, first, end):
                    self.load(entity, first, end)


def within(entity: str, first: str, end: str) -> tuple[str, list[str]]:
    bounds = [(f"id {sign} ?", value) for sign, value in ((">=", first), ("<", end)) if value]
    conditions = ["entity = ?", *(condition for condition, _ in bounds)]
    return " AND ".join(conditions), [entity, *(value for _, value in bounds)]


def main() -> int:
    url, path, *options = sys.argv[1:]
    follow = "--follow" in options
    mirror = Mirror(url, os.environ["JEMMO_TOKEN"], path)
    while True:
        try:
            differing = mirror.run(wait=30 if follow else 0)
        except HTTPError as error:
            if error.code != 410:
                raise
            mirror.begin()
            continue
        print(f"at {mirror.position()}: {differing or 'complete'}", flush=True)
        if not follow:
            return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
