"""Heads on the frozen backbone: how they are trained."""
