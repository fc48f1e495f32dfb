"""Stage: Masks and depth -> where in the world each source is."""
