"""Building the preview of an order: prices, sizes, projections. Pure."""
