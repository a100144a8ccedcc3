"""The connection to Telegram: polling, webhook, and what its servers answer."""
