"""Taking webhooks in, and refetching the records that they name."""
