"""What knows nothing of trading: clock, redaction, storage, jobs."""
