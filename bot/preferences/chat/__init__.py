"""Settings in a chat."""
