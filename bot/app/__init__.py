"""The composition root: wiring and lifecycle."""
