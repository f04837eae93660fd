"""How urgent background work is; the queue takes the highest first."""

RESUMES = 0
INITIAL = 10
INCREMENTAL = 20
MANUAL = 30
WEBHOOK = 40
