"""The tables in Postgres, and everything that reads and writes them."""
