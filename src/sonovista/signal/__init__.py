"""Sound files, loudness, filters."""
