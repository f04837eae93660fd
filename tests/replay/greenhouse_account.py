"""An account for ``replay.greenhouse``: invented people, and most optional values null, empty or absent."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

from replay.greenhouse import START, Harvest, Row, harvest, iso

FIRST = ("Inès", "Bao", "Mireille", "Tomasz", "Aïcha", "Lars", "O'Neil", "Zoë")
LAST = ("Fontaine", "Nguyễn", "de la Tour", "Wiśniewski", "Østergård", "Smith-Jones", "Müller")
PLAN = (
    "Application Review",
    "Interview",
    "Interview",
    "Offer",
)  # two have the same name, as in real accounts
STATUSES = ("in_process", "rejected", "in_process", "hired", "converted", "in_process", "prospect")


def custom(name: str, kind: str, value: Any) -> Row:
    return {name.lower().replace(" ", "_"): {"name": name, "type": kind, "value": value}}


@asynccontextmanager
async def serve(
    *, talents: int = 60, keys: Mapping[str, str] | None = None
) -> AsyncIterator[Harvest]:
    """Serve an account on the loopback address; ``keys`` are further secrets with the list that each may read."""
    async with harvest(lambda made: fill(made, talents)) as account:
        account.keys = {secret: {scope} for secret, scope in (keys or {}).items()}
        yield account


def fill(ats: Harvest, candidates: int = 40) -> None:
    root = ats.add("departments", name="Engineering", parent_id=None, external_id=None)
    ats.add("departments", name="Data", parent_id=root, external_id="HR-7")
    paris = ats.add("offices", name="Paris", parent_id=None, location="Paris, France")
    bare = ats.add("offices", name="Remote", parent_id=paris, location=None, external_id=None)
    person = {"job_title": None, "agency_id": None, "employee_id": None, "site_admin": False}
    users = [
        ats.add("users", first_name=first, last_name=last, name=name, primary_email=email, **person)
        for first, last, name, email in (
            ("Rita", "Roche", "Rita Roche", "rita@example.com"),
            (None, None, None, "nobody@example.com"),
            ("Karl", None, "Karl", "karl@example.com"),
        )
    ]
    ats.edit("users", users[2], deactivated=True, emails=None, updated_at=iso(START))
    robot = ats.add("users", name="Sync robot", first_name=None, last_name=None, _service=True)
    for owner in ats.rows["users"].values():
        owner.setdefault("deactivated", False)
        owner.setdefault("_service", False)
    kind = {"id": 1, "key": "WE_REJECTED_THEM", "name": "We rejected them"}
    own = ats.add("rejection_reasons", name="Lacking skills", type=kind, _default=False)
    default = ats.add("rejection_reasons", name="Other", type=kind, _default=True)
    sources = [
        ats.add("sources", name="LinkedIn", type={"id": 9, "name": "Prospecting"}),
        ats.add("sources", name="Jobs page", type={"id": 4, "name": "Third-party boards"}),
    ]
    referrer = ats.add("referrers", name="Rita Roche", user_id=users[0])
    ats.add("pay_inputs", title="Base salary", blurb=None, priority=0, locked=False)
    jobs = _jobs(ats, root, [paris, bare], [*users, robot])
    plans = {
        job: [key for key, row in ats.rows["job_interview_stages"].items() if row["job_id"] == job]
        for job in jobs
    }
    applicable = [job for job in jobs if not ats.rows["jobs"][job]["is_template"]]
    for number in range(candidates):
        when = START + timedelta(days=number, minutes=number)
        who = ats.add("candidates", when, **_candidate(number))
        for turn in range(1 + number % 2):
            status = STATUSES[(number + turn) % len(STATUSES)]
            prospect = status == "prospect"
            job = None if prospect else applicable[(number + turn) % len(applicable)]
            application = ats.add(
                "applications",
                when,
                candidate_id=who,
                job_id=job,
                job_post_id=None,
                source_id=[*sources, None][number % 3],
                referrer_id=referrer if number % 5 == 0 else None,
                recruiter_id=users[0] if number % 4 == 0 else None,
                coordinator_id=None,
                stage_id=None,
                stage_name=None,
                status="in_process" if prospect else status,
                prospect=prospect or status == "converted",
                rejected_at=iso(when + timedelta(days=9)) if status == "rejected" else None,
                last_activity_at=iso(when),
                location_address=None,
                answers=None,
                prospective_job_ids=applicable[:2] if prospect else [],
                custom_fields=None,
            )
            if status == "rejected":
                ats.add(
                    "rejection_details",
                    when,
                    application_id=application,
                    rejection_reason_id=[own, default, None][number % 3],
                    rejected_by_id=None,
                    rejected_at=iso(when + timedelta(days=9)),
                )
            if job is not None:
                _walk(ats, application, plans[job], status, number, when)
            if number % 3 == 0:
                ats.add(
                    "attachments",
                    when,
                    application_id=application,
                    candidate_id=who,
                    type=("resume", "cover_letter", "other")[turn],
                    filename=f"CV n° {number}.pdf",
                )


def _walk(
    ats: Harvest, application: int, plan: list[int], status: str, number: int, when: datetime
) -> None:
    """Add an application's stage visits. Its ``stage_id`` is the id of the visit, not of the job's stage."""
    reached = plan[: 1 + number % len(plan)]
    for place, stage in enumerate(reached):
        last = place == len(reached) - 1
        current = last and status == "in_process"
        step = ats.add(
            "application_stages",
            when,
            application_id=application,
            job_interview_stage_id=stage,
            entered_at=iso(when + timedelta(days=place)) if number % 6 else None,
            exited_at=None if current else iso(when + timedelta(days=place + 1)),
            days_in_stage=1,
            current=current,
        )
        if current:
            name = ats.rows["job_interview_stages"][stage]["name"]
            ats.rows["applications"][application] |= {"stage_id": step, "stage_name": name}


def _candidate(number: int) -> Row:
    first, last = FIRST[number % len(FIRST)], LAST[number % len(LAST)]
    mail = [{"value": f"person{number}@example.com", "type": "personal"}]
    return {
        "first_name": None if number % 19 == 7 else first,
        "last_name": None if number % 23 == 11 else last,
        "preferred_name": None,
        "company": None,
        "title": "Data engineer" if number % 4 == 0 else None,
        "last_activity_at": None,
        "private": number % 10 == 3,
        "can_email": number % 2 == 0,
        "time_zone": None,
        "tags": ["silver medalist"] if number % 8 == 0 else [],
        "linked_user_ids": [],
        "phone_numbers": [{"value": f"+33 6 00 00 {number:04d}", "type": "skype"}] * (number % 2),
        "addresses": [],
        "email_addresses": [] if number % 7 == 5 else mail,
        "website_addresses": [],
        "social_media_addresses": [{"value": f"linkedin.com/in/person{number}"}]
        * (number % 3 == 0),
        "custom_fields": custom("Notice", "short_text", "1 month") if number % 6 == 0 else None,
    }


def _jobs(ats: Harvest, department: int, offices: list[int], users: list[int]) -> list[int]:
    made = []
    for number in range(8):
        job = ats.add(
            "jobs",
            name=f"Engineer {number}",
            requisition_id=None,
            notes=None,
            confidential=number == 3,
            status=("open", "closed", "open", "draft")[number % 4],
            opened_at=None if number % 4 == 3 else iso(START),
            closed_at=iso(START + timedelta(days=90)) if number % 4 == 1 else None,
            is_template=None if number % 2 else number == 6,
            copied_from_id=None,
            department_id=department if number % 2 else None,
            office_ids=[None, [], offices, offices[1:]][number % 4],
            custom_fields=[None, {}, custom("Budget", "currency", None)][number % 3],
        )
        made.append(job)
        for place, name in enumerate(PLAN):
            ats.add(
                "job_interview_stages",
                job_id=job,
                sort_order=place,
                name=name,
                active=not (number == 2 and place == 1),
            )
        ats.add("job_owners", job_id=job, user_id=users[0], type="sourcer", responsible=False)
        ats.add(
            "job_owners",
            job_id=job,
            user_id=users[-(number % 2)],
            type="recruiter",
            responsible=True,
        )
        ats.add("job_hiring_managers", job_id=job, user_id=users[1])
        ats.add("openings", job_id=job, opened_at=None, closed_at=None, open=True, sort_order=0)
        if number % 4 == 3:
            continue
        post = ats.add(
            "job_posts",
            title=f"Engineer {number} (F/M/X)",
            internal=False,
            active=number != 5,
            live=number % 4 == 0,
            featured=False,
            first_published_at=iso(START) if number % 4 == 0 else None,
            content=f"<p>Job&nbsp;{number}</p>" if number % 4 == 0 else None,
            internal_content=None,
            language=None,
            public_url=None,
            job_id=job,
            job_board_id=1,
            questions=[],
        )
        ats.add(
            "job_post_locations",
            type="free_text" if number % 2 else None,
            plain_text_location="Lyon, France" if number % 2 else None,
            office_id=None,
            job_post_id=post,
            custom_location_id=None,
        )
        cents = (5_000_000, 6_500_000) if number == 0 else (0, 0)  # zero means not filled in
        ats.add(
            "pay_input_ranges",
            pay_input_id=max(ats.rows["pay_inputs"]),
            currency_type="EUR",
            min_cents=cents[0],
            max_cents=cents[1],
            job_post_id=post,
        )
    return made
