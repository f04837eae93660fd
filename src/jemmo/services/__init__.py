"""Use cases: one module of verbs per noun. Pages, API, commands and tasks call these and nothing deeper."""
