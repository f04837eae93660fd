"""The database models, one module per aggregate."""

from jemmo.store.models.accounts import Account, Membership, Organisation, Role, Session
from jemmo.store.models.applications import (
    Application,
    ConfidentialRecord,
    RejectReason,
    StageEvent,
)
from jemmo.store.models.connections import (
    Connection,
    ConnectionState,
    Lease,
    Pace,
    QuotaUse,
    RequestCount,
)
from jemmo.store.models.erasure import Erasure, OrganisationDeletion, Suppression
from jemmo.store.models.feed import FeedChange, FeedMark, FeedPosition, FeedReader, FeedRecord
from jemmo.store.models.files import AccessEvent, FileText, FileVersion, VaultSecret
from jemmo.store.models.jobs import (
    AtsUser,
    Department,
    Job,
    JobCompensation,
    JobLocation,
    JobPosting,
    JobPostingLocation,
    Stage,
)
from jemmo.store.models.members import AuditEvent, Invitation
from jemmo.store.models.notes import Note
from jemmo.store.models.notifications import (
    Delivery,
    MemberNotices,
    Notification,
    NotificationRead,
    OrganisationNotices,
)
from jemmo.store.models.outgoing import OutgoingAttempt, OutgoingEndpoint, OutgoingMessage
from jemmo.store.models.runs import (
    HeldDeletion,
    PendingLink,
    Rejection,
    Sighting,
    StreamCheckpoint,
    SyncRun,
)
from jemmo.store.models.support import SupportMessage, SupportPicture, SupportThread
from jemmo.store.models.talents import Attachment, Tag, Talent, TalentContacts
from jemmo.store.models.tokens import ApiToken, IdempotencyKey
from jemmo.store.models.webhooks import WebhookAddress, WebhookCount, WebhookDelivery, WebhookHint

__all__ = [
    "AccessEvent",
    "Account",
    "ApiToken",
    "Application",
    "AtsUser",
    "Attachment",
    "AuditEvent",
    "ConfidentialRecord",
    "Connection",
    "ConnectionState",
    "Delivery",
    "Department",
    "Erasure",
    "FeedChange",
    "FeedMark",
    "FeedPosition",
    "FeedReader",
    "FeedRecord",
    "FileText",
    "FileVersion",
    "HeldDeletion",
    "IdempotencyKey",
    "Invitation",
    "Job",
    "JobCompensation",
    "JobLocation",
    "JobPosting",
    "JobPostingLocation",
    "Lease",
    "MemberNotices",
    "Membership",
    "Note",
    "Notification",
    "NotificationRead",
    "Organisation",
    "OrganisationDeletion",
    "OrganisationNotices",
    "OutgoingAttempt",
    "OutgoingEndpoint",
    "OutgoingMessage",
    "Pace",
    "PendingLink",
    "QuotaUse",
    "RejectReason",
    "Rejection",
    "RequestCount",
    "Role",
    "Session",
    "Sighting",
    "Stage",
    "StageEvent",
    "StreamCheckpoint",
    "SupportMessage",
    "SupportPicture",
    "SupportThread",
    "Suppression",
    "SyncRun",
    "Tag",
    "Talent",
    "TalentContacts",
    "VaultSecret",
    "WebhookAddress",
    "WebhookCount",
    "WebhookDelivery",
    "WebhookHint",
]
