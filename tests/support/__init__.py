"""Fixtures and builders shared by every test folder."""
