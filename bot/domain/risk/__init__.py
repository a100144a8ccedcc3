"""Which orders can open risk. Pure."""
