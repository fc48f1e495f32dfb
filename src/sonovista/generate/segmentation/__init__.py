"""Stage: Panorama and sounding things -> where in the panorama each of them is."""
