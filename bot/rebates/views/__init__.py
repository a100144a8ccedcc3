"""The ledger in words and files. Pure."""
