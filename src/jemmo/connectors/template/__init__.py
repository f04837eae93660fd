"""A connector as simple as one can be: the one that newcomers copy. It is offered to no customer."""
