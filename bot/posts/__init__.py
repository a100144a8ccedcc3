"""Scheduled posts of a chat."""
