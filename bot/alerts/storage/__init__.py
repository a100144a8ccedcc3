"""Tables and queries of alerts and firings."""
