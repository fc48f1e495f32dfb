"""Stage: Panorama and depth -> 3D Gaussians."""
