"""One module per resource. A view translates in, makes one call, and translates out."""
