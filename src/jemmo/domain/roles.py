"""Who may change whose role. Roles are named as in ``jemmo.store.models.Role``."""

from __future__ import annotations

MANAGERS = ("owner", "admin")
ROLES = ("owner", "admin", "recruiter", "viewer")


def may_give(actor: str, role: str) -> bool:
    """Whether a member may give this role: owners give any, admins any but owner."""
    return role in ROLES and (actor == "owner" or (actor == "admin" and role != "owner"))


def may_touch(actor: str, target: str) -> bool:
    """Whether a member may change or remove a member with that role."""
    return actor == "owner" or (actor == "admin" and target != "owner")


def offered(actor: str) -> list[str]:
    """The roles that a member may give."""
    return [role for role in ROLES if may_give(actor, role)]
