"""Stage: A sounding thing -> its sound."""
