"""Settings > ATS integration: connecting, status, schedule, logs."""
