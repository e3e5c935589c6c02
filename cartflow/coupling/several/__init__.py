"""Several tumours that share one body."""
