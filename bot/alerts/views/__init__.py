"""Alerts in words. Pure."""
