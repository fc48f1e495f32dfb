"""What is minimised: agreement of sight and sound, and binaural sound that is predicted well."""
