"""Jobs, talents, and the pages about them."""
