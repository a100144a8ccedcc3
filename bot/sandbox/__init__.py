"""A Backpack exchange and a Telegram Bot API server for offline use and tests, on loopback only."""
