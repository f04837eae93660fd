"""What runs in the background: a few lines each, the work is in the services."""
