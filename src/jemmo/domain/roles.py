"""Who may change whose role. Roles are named as in ``jemmo.store.models.Role``."""

from __future__ import annotations

MANAGERS = ("owner", "admin")
ROLES = ("owner", "admin", "recruiter", "viewer")


def may_assign(actor: str, role: str) -> bool:
    """Whether a member may assign this role: owners assign any, admins any except owner."""
    return role in ROLES and (actor == "owner" or (actor == "admin" and role != "owner"))


def may_change(actor: str, target: str) -> bool:
    """Whether a member may change or remove a member with that role."""
    return actor == "owner" or (actor == "admin" and target != "owner")


def offered(actor: str) -> list[str]:
    """Return the roles that a member may assign."""
    return [role for role in ROLES if may_assign(actor, role)]
