"""Keeps a copy of Jemmo's records in SQLite and verifies that it is complete.

    JEMMO_TOKEN=… python examples/mirror.py http://127.0.0.1:8000 copy.db [--follow]

The first run reads snapshots, later runs only changes. It can be stopped at any time, since records and the number of
the last change are written in one transaction. It uses the client `jemmo_client`, which comes with Jemmo.
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
from typing import Any

from jemmo_client import Change, Client, CursorExpired, Total, total_of

PARTS = 64
TABLES = """
    CREATE TABLE IF NOT EXISTS record (entity, id, version, body, PRIMARY KEY (entity, id));
    CREATE TABLE IF NOT EXISTS position (seq INTEGER)"""


class Mirror:
    def __init__(self, client: Client, path: str) -> None:
        self.client = client
        self.db = sqlite3.connect(path)
        self.db.executescript(TABLES)

    def position(self) -> int | None:
        row = self.db.execute("SELECT seq FROM position").fetchone()
        return row and int(row[0])

    def run(self, wait: int) -> list[str]:
        """Update the copy and repair differences. Return the entities that still differ."""
        if self.position() is None:
            self.begin()
        self.follow(wait)
        for entity in self.differing():
            print(f"{entity}: rereading the ranges that differ", flush=True)
            self.repair(entity)
            self.follow()
        return self.differing()

    def begin(self) -> None:
        """Read everything. Changes continue from the lowest snapshot number."""
        with self.db:
            self.db.execute("DELETE FROM record")
            self.move(min([self.load(entity) for entity in self.client.digest()["entities"]]))

    def load(self, entity: str, first: str | None = None, end: str | None = None) -> int:
        """Replace all records of an entity, or a range of ids, with a snapshot; return its number."""
        where, values = within(entity, first, end)
        self.db.execute(f"DELETE FROM record WHERE {where}", values)  # noqa: S608 - fixed texts
        snapshot = self.client.snapshot(entity, first=first, end=end)
        for record in snapshot:
            self.put(entity, record["modified_at"], record)
        return snapshot.seq

    def follow(self, wait: int = 0) -> None:
        """Apply changes until there are no more."""
        more = True
        while more:
            page = self.client.changes(self.position(), wait=wait, records=True)
            with self.db:
                for change in page["data"]:
                    self.apply(change)
                self.move(page["next_after"])
            more = bool(page["data"])
            wait = 0

    def apply(self, change: Change) -> None:
        """Apply a change. Its record may be newer or already deleted, in which case another change follows."""
        if change["op"] == "deleted":
            self.db.execute("DELETE FROM record WHERE id = ?", (change["id"],))
        else:
            body = change["record"] or {"id": change["id"]}
            self.put(change["entity"], change["modified_at"], body)

    def put(self, entity: str, version: str | None, body: dict[str, Any]) -> None:
        row = (entity, body["id"], version, json.dumps(body))
        self.db.execute("INSERT OR REPLACE INTO record VALUES (?, ?, ?, ?)", row)

    def move(self, seq: int) -> None:
        self.db.execute("DELETE FROM position")
        self.db.execute("INSERT INTO position VALUES (?)", (seq,))

    def total(self, entity: str, first: str | None = None, end: str | None = None) -> Total:
        """Return the count and digest of the copied entity, or of a range of its ids."""
        where, values = within(entity, first, end)
        query = f"SELECT id, version FROM record WHERE {where}"  # noqa: S608 - as above
        return total_of(self.db.execute(query, values))

    def differing(self) -> list[str]:
        """Return the entities whose copy differs from Jemmo's records at the copy's position."""
        proof = self.client.digest(at=self.position())
        return [name for name, total in proof["entities"].items() if total != self.total(name)]

    def repair(self, entity: str) -> None:
        """Reread the ranges that differ. Later changes arrive through the feed."""
        proof = self.client.digest(entity, parts=PARTS, at=self.position())
        with self.db:
            for part in proof["parts"]:
                first, end = part["from"], part["to"]
                total = self.total(entity, first, end)
                if (part["count"], part["digest"]) != (total["count"], total["digest"]):
                    self.load(entity, first, end)


def within(entity: str, first: str | None, end: str | None) -> tuple[str, list[str]]:
    bounds = [(f"id {sign} ?", value) for sign, value in ((">=", first), ("<", end)) if value]
    conditions = ["entity = ?", *(condition for condition, _ in bounds)]
    return " AND ".join(conditions), [entity, *(value for _, value in bounds)]


def main() -> int:
    url, path, *options = sys.argv[1:]
    follow = "--follow" in options
    mirror = Mirror(Client(url, os.environ["JEMMO_TOKEN"]), path)
    while True:
        try:
            differing = mirror.run(wait=30 if follow else 0)
        except CursorExpired:
            mirror.begin()
            continue
        print(f"at {mirror.position()}: {differing or 'complete'}", flush=True)
        if not follow:
            return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
