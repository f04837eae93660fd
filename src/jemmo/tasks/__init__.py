"""Background tasks: a few lines each, since the work is in the services."""
