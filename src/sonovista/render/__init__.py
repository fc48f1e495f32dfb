"""What is heard and seen of a scene at a pose."""
