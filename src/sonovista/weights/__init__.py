"""Where model weights come from: a registry with licences and checksums, origins in order, a cache."""
