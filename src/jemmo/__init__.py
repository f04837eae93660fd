"""Jemmo ATS sync: keeps a company's recruiting data true to its Applicant Tracking System."""
