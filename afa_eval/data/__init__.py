"""What a trust hands in: read as text, checked, typed, and shaped into canonical tables."""
