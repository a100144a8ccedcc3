"""What the bot's orders earn its operator: fills booked, checked, summed up, stated and reconciled."""
