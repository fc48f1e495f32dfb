"""The networks, in torch; imported by training, export and tests alone."""
