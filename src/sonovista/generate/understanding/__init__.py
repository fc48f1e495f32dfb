"""Stage: Picture -> which things in it can sound."""
