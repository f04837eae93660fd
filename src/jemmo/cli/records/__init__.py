"""Looking at records and getting them out."""
