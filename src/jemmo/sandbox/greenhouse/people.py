"""The invented company: departments, jobs with stages, and candidates, each computed from its number."""

from __future__ import annotations

from typing import Any

from jemmo.sandbox.mixing import mix

FIRST = ("Ada", "Boris", "Chloé", "Driss", "Élise", "Fatou", "Goran", "Hélène", "Ivo", "Jeanne")
LAST = ("Martin", "Nguyen", "Öztürk", "Petit", "Rossi", "Silva", "Traoré", "Unger", "Vidal", "Weiß")
TITLES = ("Data engineer", "Nurse", "Welder", "Accountant", "Gardener ", "Chef de projet")
DEPARTMENTS = ("Engineering", "Care", "Workshop", "Finance", "Parks", "Projects")
STAGES = ("Application Review", "Phone Screen", "Take Home Test", "Onsite Interview", "Offer")
SOURCES = ("LinkedIn (Prospecting)", "Indeed", "Referral", "Jobs page", "Agency")
LANGUAGES = ("en", "de")
OFFICES = ("Lyon", "Lille", "Berlin")
REASONS = (
    ("Lacking skills", "WE_REJECTED_THEM"), ("Took another job", "THEY_REJECTED_US"),
    ("Spam", "NONE_SPECIFIED"), ("Wrong location", "WE_REJECTED_THEM"),
)  # fmt: skip
RANGE = {
    "name": "Salary range", "type": "currency_range",
    "value": {"unit": "EUR", "min_value": "41000.00", "max_value": "52000.00"},
}  # fmt: skip
PROSPECT = 11  # every eleventh application has no job yet


class People:
    """Computes each record from its number; see ``Rows``."""

    def __init__(self, seed: int, talents: int) -> None:
        self.seed = seed
        self.users = 5 + talents // 200
        self.jobs = max(6, talents // 15)
        self.sizes = {
            "departments": len(DEPARTMENTS), "users": self.users, "offices": len(OFFICES),
            "sources": len(SOURCES), "rejection_reasons": len(REASONS), "jobs": self.jobs,
            "job_posts": self.jobs + self.jobs // 2, "job_owners": self.jobs,
            "job_post_locations": self.jobs + self.jobs // 2,
            "pay_inputs": 1, "pay_input_ranges": self.jobs // 3,
            "job_interview_stages": self.jobs * len(STAGES), "candidates": talents,
            "applications": talents + talents // 5, "attachments": talents * 2 // 3,
        }  # fmt: skip

    def departments(self, n: int) -> dict[str, Any]:
        return {"name": DEPARTMENTS[n - 1], "parent_id": None, "external_id": None}

    def offices(self, n: int) -> dict[str, Any]:
        return {"name": f"{OFFICES[n - 1]} office", "location": OFFICES[n - 1], "parent_id": None}

    def sources(self, n: int) -> dict[str, Any]:
        return {"name": SOURCES[n - 1], "type": {"id": n, "name": "Other"}}

    def rejection_reasons(self, n: int) -> dict[str, Any]:
        name, key = REASONS[n - 1]
        return {"name": name, "type": {"id": n, "key": key, "name": key.title()}}

    def users_of(self, n: int) -> dict[str, Any]:
        first, last = FIRST[n % 10], LAST[n // 10 % 10]
        return {
            "first_name": first, "last_name": last, "name": f"{first} {last}",
            "primary_email": f"user{n}@example.com", "job_title": "Recruiter",
            "deactivated": n % 7 == 0, "site_admin": n == 1,
        }  # fmt: skip

    def jobs_of(self, n: int) -> dict[str, Any]:
        status = ("open", "open", "closed", "draft")[n % 4]
        kind = ("Full-time", "Part-time", "Intern")[n % 3]
        field = {"name": "Employment type", "type": "single_select", "value": kind}
        pay = {"amount": 42_000, "unit": "EUR"}
        return {
            "name": TITLES[n % len(TITLES)], "requisition_id": f"R-{n}", "status": status,
            "opened_at": "2025-03-01T09:00:00.000Z" if status != "draft" else None,
            "closed_at": "2025-09-01T09:00:00.000Z" if status == "closed" else None,
            "confidential": n % 10 == 7, "is_template": False, "department_id": n % 6 + 1,
            "office_ids": [n % 3 + 1],
            "custom_fields": {
                "employment_type": field,
                "budget": {"name": "Budget", "type": "currency", "value": pay},
                **({"salary_range": RANGE} if n % 3 == 1 else {}),
            },
        }  # fmt: skip

    def job_posts(self, n: int) -> dict[str, Any]:
        """Each job has a post in French; every second job also has one for employees in another language."""
        internal = n > self.jobs
        job = 2 * (n - self.jobs) if internal else n
        live = job % 4 < 2
        return {
            "job_id": job, "title": TITLES[job % len(TITLES)], "live": live, "internal": internal,
            "active": True, "content": f"<p>Job {job} &amp; more</p>",
            "internal_content": f"<p>Job {job}, inside</p>" if internal else None,
            "language": LANGUAGES[n % len(LANGUAGES)] if internal else "fr",
            "first_published_at": "2025-03-02T09:00:00.000Z" if live or job % 3 else None,
            "public_url": None if internal else f"https://boards.example.com/jobs/{n}",
        }  # fmt: skip

    def job_post_locations(self, n: int) -> dict[str, Any]:
        office = n % len(OFFICES) + 1
        free = n % 4 == 0
        return {
            "job_post_id": n, "type": "free_text" if free else "office",
            "plain_text_location": "Nantes, France" if free else None,
            "office_id": None if free else office, "custom_location_id": None,
        }  # fmt: skip

    def pay_inputs(self, n: int) -> dict[str, Any]:
        return {"title": "Annual salary", "blurb": "<p>And more</p>", "priority": n}

    def pay_input_ranges(self, n: int) -> dict[str, Any]:
        """Every third post has a pay range."""
        post = n * 3
        low = (30_000 + post % 50 * 1000) * 100
        return {
            "pay_input_id": 1, "job_post_id": post, "currency_type": "EUR",
            "min_cents": low, "max_cents": low + 800_000,
        }  # fmt: skip

    def job_owners(self, n: int) -> dict[str, Any]:
        user = mix(self.seed, n) % self.users + 1
        return {"job_id": n, "user_id": user, "type": "recruiter", "responsible": True}

    def job_interview_stages(self, n: int) -> dict[str, Any]:
        job, place = divmod(n - 1, len(STAGES))
        return {"job_id": job + 1, "name": STAGES[place], "sort_order": place, "active": True}

    def candidates(self, n: int) -> dict[str, Any]:
        bits = mix(self.seed, n)
        email = {"value": f"talent{n}@example.com", "type": "personal"}
        phone = {"value": f"+33 6 00 00 {n // 100 % 100:02d} {n % 100:02d}", "type": "mobile"}
        level = {"name": "Level", "type": "short_text", "value": f"{bits % 5}"}
        return {
            "first_name": FIRST[bits % 10], "last_name": LAST[bits // 16 % 10],
            "preferred_name": None, "company": "Demo SAS" if bits % 3 else None,
            "title": TITLES[bits % len(TITLES)], "private": bits % 50 == 0,
            "can_email": bits % 4 > 0, "tags": ["vip", "2026"][: bits % 3],
            "email_addresses": [email] if bits % 8 else [], "phone_numbers": [phone],
            "addresses": [{"value": "1 rue Inventée, Lyon", "type": "home"}] if bits % 5 else [],
            "website_addresses": [], "linked_user_ids": [],
            "social_media_addresses": [{"value": f"https://social.example.com/t{n}"}],
            "custom_fields": {"level": level},
        }  # fmt: skip

    def applications(self, n: int) -> dict[str, Any]:
        talents = self.sizes["candidates"]
        bits = mix(self.seed + 1, n)
        prospect = n % PROSPECT == 0
        job = bits % self.jobs + 1
        status = ("in_process", "in_process", "rejected", "hired")[bits // 64 % 4]
        current = status == "in_process" and not prospect
        stage = bits // 256 % len(STAGES)
        rejected = status == "rejected"
        return {
            "candidate_id": (n - 1) % talents + 1, "job_id": None if prospect else job,
            "prospect": prospect, "status": status, "source_id": n % len(SOURCES) + 1,
            "stage_id": 900_000 + n if current else None,
            "stage_name": STAGES[stage] if current else None,
            "job_interview_stage_id": (job - 1) * len(STAGES) + stage + 1 if current else None,
            "rejected_at": "2025-10-01T09:00:00.000Z" if rejected else None,
            "rejection_reason_id": n % len(REASONS) + 1 if rejected else None,
        }  # fmt: skip

    def attachments(self, n: int) -> dict[str, Any]:
        return {
            "candidate_id": n * 3 // 2, "application_id": None, "type": "resume",
            "filename": f"CV {n}.pdf",
        }  # fmt: skip
