"""The tools for AI assistants, over the Model Context Protocol. See docs/mcp.md."""
