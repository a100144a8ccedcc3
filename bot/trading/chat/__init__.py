"""Trading in a chat: handlers and announcements."""
