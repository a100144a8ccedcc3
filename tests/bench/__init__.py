"""`make bench`: what a trade costs beyond what any bot on the same libraries would pay. See `__main__`."""
