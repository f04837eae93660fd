"""What AI assistants may ask, by the Model Context Protocol. See docs/mcp.md."""
