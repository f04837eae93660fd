"""The simplest possible simulated ATS, for newcomers to copy."""
