"""Telling people: the outbox, its limits, and what each chat wants to hear."""
