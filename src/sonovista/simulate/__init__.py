"""Scenes -> what moving cameras see and ears hear of them, with ground truth, to learn from."""
