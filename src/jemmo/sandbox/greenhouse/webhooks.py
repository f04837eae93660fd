"""Webhooks: one POST per event, with the whole body signed. Greenhouse retries for 15 hours; the sandbox doesn't."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any
from uuid import uuid4

from jemmo.sandbox.delivery import post
from jemmo.sandbox.rows import Row

ACTIONS = {
    ("edit", "candidates"): "update_candidate", ("delete", "candidates"): "delete_candidate",
    ("delete", "applications"): "delete_application",
    ("create", "jobs"): "job_created", ("edit", "jobs"): "job_updated", ("delete", "jobs"): "job_deleted",
    ("create", "job_posts"): "job_post_created", ("edit", "job_posts"): "job_post_updated",
    ("delete", "job_posts"): "job_post_deleted",
    ("delete", "job_interview_stages"): "job_interview_stage_deleted",
    ("delete", "departments"): "department_deleted",
}  # fmt: skip
"""The action of each order. Creating a candidate announces only the application created with it."""

NAMES = {
    "candidates": "candidate", "applications": "application", "jobs": "job", "job_posts": "job_post",
    "job_interview_stages": "job_interview_stage", "departments": "department",
}  # fmt: skip


def action_of(op: str, kind: str, was: Row, now: Row) -> str | None:
    """Return the action of an order, ``None`` if none is documented."""
    if kind != "applications" or op == "delete":
        return ACTIONS.get((op, kind))
    if op == "create":
        return "new_prospect_application" if now.get("prospect") else "new_candidate_application"
    if was.get("status") != now.get("status"):
        undone = {"hired": "unhire_candidate", "rejected": "unreject_candidate"}
        done = {"hired": "hire_candidate", "rejected": "reject_candidate"}
        return done.get(str(now.get("status"))) or undone.get(str(was.get("status")))
    moved = was.get("job_interview_stage_id") != now.get("job_interview_stage_id")
    return "candidate_stage_change" if moved else "application_updated"


class Webhooks:
    """Sends one POST per event."""

    def __init__(self, url: str | None, key: str) -> None:
        self.url = url
        self._key = key

    async def send(self, action: str, kind: str, row: Row, *, as_text: bool) -> dict[str, Any]:
        body = json.dumps(
            {"action": action, "payload": payload(action, kind, row, as_text=as_text)}
        )
        # Possible markup is escaped before the body is signed.
        raw = body.replace("<", "\\u003c").replace(">", "\\u003e").encode()
        headers = {"Greenhouse-Event-ID": str(uuid4()), "Signature": sign(self._key, raw)}
        delivery = await post(str(self.url), raw, headers)
        return {"event": action, "id": str(row["id"]), **delivery}


def sign(key: str, body: bytes) -> str:
    return f"sha256 {hmac.new(key.encode(), body, hashlib.sha256).hexdigest()}"


def payload(action: str, kind: str, row: Row, *, as_text: bool) -> dict[str, Any]:
    """Return an action's payload: ids and some values, in the shapes of the first Harvest API."""

    def shown(value: Any) -> Any:
        return str(value) if as_text and value is not None else value

    own = {"id": shown(row["id"]), "created_at": row.get("created_at")}
    if kind == "candidates":
        names = {name: row.get(name) for name in ("first_name", "last_name", "company", "title")}
        if action == "delete_candidate":
            gone = [shown(record) for record in row.get("deleted_application_ids", ())]
            return {"person": {**own, **names, "deleted_application_ids": gone}}
        return {"candidate": {**own, **names}}
    if kind == "applications":
        candidate, job = shown(row.get("candidate_id")), shown(row.get("job_id"))
        state = {"status": row.get("status"), "prospect": row.get("prospect"),
                 "rejected_at": row.get("rejected_at")}  # fmt: skip
        if action == "delete_application":
            return {"application": {**own, **state, "candidate_id": candidate, "job_id": job}}
        jobs = [{"id": job}] if job else []
        return {"application": {**own, **state, "candidate": {"id": candidate}, "jobs": jobs}}
    if kind == "job_posts" and action != "job_post_deleted":
        return {**own, "title": row.get("title"), "content": row.get("content"),
                "job_id": shown(row.get("job_id")), "live": row.get("live")}  # fmt: skip
    values = {name: row.get(name) for name in ("name", "title", "status") if name in row}
    parent = {"job_id": shown(row["job_id"])} if "job_id" in row else {}
    return {NAMES[kind]: {**own, **values, **parent}}
