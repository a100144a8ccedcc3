"""Orders: preview, confirm, send, track, reconcile. Knows the vault and the exchange, and no chat."""
