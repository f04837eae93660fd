"""One module per aggregate."""

from jemmo.store.models.accounts import Account, Membership, Organisation, Role
from jemmo.store.models.applications import Application, RejectReason, StageEvent
from jemmo.store.models.connections import Connection, ConnectionState, Lease, QuotaUse
from jemmo.store.models.erasure import Erasure, Suppression
from jemmo.store.models.files import AccessEvent, FileText, FileVersion, VaultSecret
from jemmo.store.models.jobs import AtsUser, Department, Job, JobCompensation, JobLocation, Stage
from jemmo.store.models.runs import (
    HeldDeletion,
    PendingLink,
    Rejection,
    Sighting,
    StreamCheckpoint,
    SyncRun,
)
from jemmo.store.models.talents import Attachment, Tag, Talent, TalentContacts

__all__ = [
    "AccessEvent",
    "Account",
    "Application",
    "AtsUser",
    "Attachment",
    "Connection",
    "ConnectionState",
    "Department",
    "Erasure",
    "FileText",
    "FileVersion",
    "HeldDeletion",
    "Job",
    "JobCompensation",
    "JobLocation",
    "Lease",
    "Membership",
    "Organisation",
    "PendingLink",
    "QuotaUse",
    "RejectReason",
    "Rejection",
    "Role",
    "Sighting",
    "Stage",
    "StageEvent",
    "StreamCheckpoint",
    "Suppression",
    "SyncRun",
    "Tag",
    "Talent",
    "TalentContacts",
    "VaultSecret",
]
