"""Reads of jobs, talents and applications: lists, pages, search, export, quality, explanations."""
