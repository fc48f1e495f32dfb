"""Examples on disk: the folder format of HM3D-SS, and shards for training."""
