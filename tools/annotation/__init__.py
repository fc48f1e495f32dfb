"""The page of `tools/annotate.py`: regions and sounding things marked on photos, in a browser on this machine."""
