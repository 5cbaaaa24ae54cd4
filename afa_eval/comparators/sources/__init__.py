"""Readers of the published files, used only when the store is rebuilt; each gives ``Row`` records."""
