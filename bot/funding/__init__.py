"""The funding desk: what all perps pay, one market's past, carries."""
