"""For an ATS whose lists are read by offset, and move while they are read."""
