"""Outdoor scenes drawn at random, with known depth: what the depth head learns from beside rooms."""
