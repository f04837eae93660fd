"""The closed lists of the canonical schema. The ATS's original value is always stored next to them."""

from __future__ import annotations

from enum import StrEnum


class JobStatus(StrEnum):
    OPEN = "OPEN"
    DRAFT = "DRAFT"
    PENDING = "PENDING"
    ON_HOLD = "ON_HOLD"
    CLOSED = "CLOSED"
    ARCHIVED = "ARCHIVED"


class JobVisibility(StrEnum):
    PUBLIC = "PUBLIC"
    INTERNAL = "INTERNAL"
    UNLISTED = "UNLISTED"
    CONFIDENTIAL = "CONFIDENTIAL"


class EmploymentType(StrEnum):
    FULL_TIME = "FULL_TIME"
    PART_TIME = "PART_TIME"
    CONTRACTOR = "CONTRACTOR"
    TEMPORARY = "TEMPORARY"
    INTERN = "INTERN"
    APPRENTICE = "APPRENTICE"
    VOLUNTEER = "VOLUNTEER"
    FREELANCE = "FREELANCE"
    SEASONAL = "SEASONAL"
    OTHER = "OTHER"


class RemotePolicy(StrEnum):
    ON_SITE = "ON_SITE"
    HYBRID = "HYBRID"
    REMOTE = "REMOTE"
    TEMPORARY = "TEMPORARY"


class CompensationPeriod(StrEnum):
    HOUR = "HOUR"
    DAY = "DAY"
    WEEK = "WEEK"
    TWO_WEEKS = "TWO_WEEKS"
    MONTH = "MONTH"
    YEAR = "YEAR"


class StageCategory(StrEnum):
    NEW = "NEW"
    SCREENING = "SCREENING"
    INTERVIEW = "INTERVIEW"
    ASSESSMENT = "ASSESSMENT"
    OFFER = "OFFER"
    HIRED = "HIRED"
    REJECTED = "REJECTED"
    WITHDRAWN = "WITHDRAWN"
    OTHER = "OTHER"


class ApplicationStatus(StrEnum):
    ACTIVE = "ACTIVE"
    HIRED = "HIRED"
    REJECTED = "REJECTED"
    WITHDRAWN = "WITHDRAWN"
    CONVERTED = "CONVERTED"
    OTHER = "OTHER"


class RejectedBy(StrEnum):
    CANDIDATE = "CANDIDATE"
    COMPANY = "COMPANY"


class TalentOrigin(StrEnum):
    APPLIED = "APPLIED"
    SOURCED = "SOURCED"
    REFERRED = "REFERRED"
    AGENCY = "AGENCY"
    INTERNAL = "INTERNAL"
    UNIVERSITY = "UNIVERSITY"
    IMPORTED = "IMPORTED"
    OTHER = "OTHER"


class PostingStatus(StrEnum):
    ACTIVE = "ACTIVE"
    INACTIVE = "INACTIVE"
    DRAFT = "DRAFT"


class ContactKind(StrEnum):
    EMAIL = "EMAIL"
    PHONE = "PHONE"
    URL = "URL"
    SOCIAL = "SOCIAL"


class AttachmentKind(StrEnum):
    RESUME = "RESUME"
    COVER_LETTER = "COVER_LETTER"
    PORTFOLIO = "PORTFOLIO"
    OFFER_LETTER = "OFFER_LETTER"
    TEST = "TEST"
    OTHER = "OTHER"


class UserRole(StrEnum):
    RECRUITER = "RECRUITER"
    HIRING_MANAGER = "HIRING_MANAGER"
    COORDINATOR = "COORDINATOR"
    SOURCER = "SOURCER"
    INTERVIEWER = "INTERVIEWER"
    ADMIN = "ADMIN"
    OTHER = "OTHER"


class ConsentState(StrEnum):
    UNKNOWN = "UNKNOWN"
    ASKED = "ASKED"
    GIVEN = "GIVEN"
    REFUSED = "REFUSED"
    EXPIRED = "EXPIRED"
    WITHDRAWN = "WITHDRAWN"
