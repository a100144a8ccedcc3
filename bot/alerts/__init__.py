"""Alerts: conditions indexed per market, fired exactly once, repaired after a gap."""
