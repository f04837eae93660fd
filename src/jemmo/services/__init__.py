"""The use cases, one module per noun. Pages, the API, commands and tasks call these and nothing deeper."""
