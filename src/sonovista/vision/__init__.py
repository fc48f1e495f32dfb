"""Features of pictures by frozen networks whose weights are fetched: what depth, regions and recognition build on."""
