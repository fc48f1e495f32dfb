"""Configurations of training."""
