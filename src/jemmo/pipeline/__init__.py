"""The steps of a sync, the same for every ATS: read pages, process them, write them to the tables."""
