"""Stage: Photo -> how the camera was held and how wide it saw."""
