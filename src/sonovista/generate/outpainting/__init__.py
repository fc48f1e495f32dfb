"""Stage: Photo and its camera -> a whole panorama."""
