"""Clients of Backpack that others wrote work against the sandbox with nothing but the address changed."""
