"""One photo becomes a 3D world that you can walk through and hear."""
