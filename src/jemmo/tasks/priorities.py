"""How urgent background work is; the queue takes the highest first."""

from jemmo.services.queue import INCREMENTAL, INITIAL, MANUAL, RESUMES, WEBHOOK

__all__ = ["INCREMENTAL", "INITIAL", "MANUAL", "RESUMES", "WEBHOOK"]
