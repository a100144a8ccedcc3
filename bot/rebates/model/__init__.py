"""The broker's ledger as arithmetic: tiers, payouts, shares, statements. Pure."""
