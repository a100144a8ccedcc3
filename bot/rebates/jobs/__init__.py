"""What the ledger does on the first of the month."""
