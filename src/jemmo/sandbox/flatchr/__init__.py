"""A simulated Flatchr account, based on what is known of the private API."""
