"""What features of the frozen backbone cost, by size: processor seconds on one thread.

Run `python benchmarks/backbone.py`.
"""

import json
import time

import numpy as np
from environment import environment

from sonovista.vision.backbone import Backbone

SIZES = ((16, 16), (21, 28), (22, 54), (28, 37))
LAYERS = {"4, 6, 8": (4, 6, 8), "3, 7, 11": (3, 7, 11)}
REPEATS = 3


def main() -> None:
    """Measure and print one JSON document."""
    start = time.process_time()
    backbone = Backbone.load(threads=1)
    loading = time.process_time() - start
    image = np.random.default_rng(0).integers(0, 256, (768, 1024, 3), dtype=np.uint8)
    backbone(image, 4, 4)
    runs = []
    for rows, columns in SIZES:
        for name, layers in LAYERS.items():
            seconds = []
            for _ in range(REPEATS):
                start = time.process_time()
                backbone(image, rows, columns, layers)
                seconds.append(time.process_time() - start)
            best, median = min(seconds), float(np.median(seconds))
            row = {"rows": rows, "columns": columns, "layers": name}
            runs.append(row | {"median_s": round(median, 3), "least_s": round(best, 3)})
    document = {"benchmark": "backbone", "environment": environment(), "loading_s": round(loading, 2), "runs": runs}
    print(json.dumps(document, indent=1))


if __name__ == "__main__":
    main()
