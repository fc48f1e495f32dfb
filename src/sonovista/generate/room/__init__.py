"""What surrounds a scene -> the room that reverberates, or none."""
