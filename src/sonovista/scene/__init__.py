"""What a world is: sources, Gaussians, listener; reading, writing and checking it."""
