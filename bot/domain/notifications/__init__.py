"""How loud a kind of news is. Pure."""
