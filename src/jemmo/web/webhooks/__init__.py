"""Where webhooks come in, and the page about them."""
