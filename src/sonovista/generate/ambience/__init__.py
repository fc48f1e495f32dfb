"""Stage: A scene's things and surroundings -> one bed of sound that comes from everywhere."""
