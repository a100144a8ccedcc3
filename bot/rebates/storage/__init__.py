"""Tables and queries of the broker's ledger."""
