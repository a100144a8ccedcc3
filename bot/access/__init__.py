"""Letting people in: a stranger asks, an operator decides."""
