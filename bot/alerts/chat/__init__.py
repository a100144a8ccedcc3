"""Alerts in a chat: handlers, announcements, plans."""
