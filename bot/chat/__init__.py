"""Telegram: routing, handlers by topic, the outbox with its limits. Knows the desk and the view."""
