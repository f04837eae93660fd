"""Running a sync: the queue, the run itself, verification."""
