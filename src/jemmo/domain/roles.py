"""Who may change whose role. Roles are named as in ``jemmo.store.models.Role``."""

from __future__ import annotations

MANAGERS = ("owner", "admin")
ROLES = ("owner", "admin", "recruiter", "viewer")


def may_give(actor: str, role: str) -> bool:
    """Whether somebody may make another person that: owners make anything, admins all but owners."""
    return role in ROLES and (actor == "owner" or (actor == "admin" and role != "owner"))


def may_touch(actor: str, target: str) -> bool:
    """Whether somebody may change or remove a person of that role."""
    return actor == "owner" or (actor == "admin" and target != "owner")


def offered(actor: str) -> list[str]:
    """The roles that somebody may give."""
    return [role for role in ROLES if may_give(actor, role)]
