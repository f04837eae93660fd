"""A simulated Flatchr account: the private API, made from what is known of it."""
