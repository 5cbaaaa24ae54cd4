"""Arrays in, frozen records out: numpy and scipy only, no column names, no rounding."""
