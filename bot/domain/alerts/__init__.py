"""What an alert watches for, in values. Pure."""
