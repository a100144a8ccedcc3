"""Posts in words. Pure."""
