"""The language of trading: pure values and rules, no I/O, no clock, no randomness, no framework."""
