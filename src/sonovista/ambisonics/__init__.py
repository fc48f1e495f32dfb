"""Spherical harmonics, encoding, HRTFs and binaural decoding."""
