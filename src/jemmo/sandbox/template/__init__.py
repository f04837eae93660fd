"""A simulated ATS as simple as one can be: the one that newcomers copy."""
