"""Trading in words: previews, cards, lists. Pure."""
