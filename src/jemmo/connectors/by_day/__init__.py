"""For an ATS whose lists can only be searched by day: they are read in windows of time."""
