"""Any table in, moments out: one group-by on a lazy engine."""
