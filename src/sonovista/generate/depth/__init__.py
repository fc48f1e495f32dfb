"""Stage: Panorama -> how far away everything is."""
