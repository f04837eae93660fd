"""The tables, in Postgres: written by COPY and upsert, read by selectors."""
