"""What became of orders: streams, reconciliation, the exit monitor."""
