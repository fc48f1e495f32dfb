"""What the networks are given of sounds and pictures, in NumPy: the same in training and in use."""
