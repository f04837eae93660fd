"""Jemmo ATS sync: keeps a copy of a company's recruiting data in step with its Applicant Tracking System."""
