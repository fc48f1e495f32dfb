"""Error measures and statistics as pure functions."""
