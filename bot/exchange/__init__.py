"""Exchanges: what the rest of the program needs of one, and Backpack."""
