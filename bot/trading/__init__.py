"""Orders: preview, confirm, send, track, reconcile, and what is said about them."""
