"""Settings in words. Pure."""
