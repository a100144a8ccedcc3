"""What a person or chat sets for themselves."""
