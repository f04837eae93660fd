"""The command for webhooks that Jemmo sends."""
