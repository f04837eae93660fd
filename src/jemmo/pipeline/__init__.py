"""The sequence of a sync: pages in, tables out, the same for every ATS."""
