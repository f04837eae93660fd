"""Runs syncs: the schedule, the queue, the run itself, and verification."""
