"""Markets: their rules, what they say, funding. Pure."""
