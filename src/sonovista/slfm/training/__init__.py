"""Training, in torch."""
