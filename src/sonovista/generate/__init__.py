"""One photo -> a scene: a folder for each stage, with its typed input and output in `protocol.py`."""
