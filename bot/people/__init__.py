"""People, their linked accounts, and what they may do."""
