"""Orders and exits: what is sent, and the states they pass through. Pure."""
