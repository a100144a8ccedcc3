"""What an account holds and owes. Pure."""
