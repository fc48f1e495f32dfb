"""Renders that cost nothing, for the training of depth."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest


@pytest.fixture
def write_renders() -> Callable[[Path, int], None]:
    """Write so many crops of a ramp that is further away further down, with features that say nothing of it."""
    pytest.importorskip("torch")
    from sonovista.heads.depth_network import FEATURES, OUT
    from sonovista.heads.depth_training import COLUMNS, ROWS

    def write(folder: Path, count: int) -> None:
        rng = np.random.default_rng(0)
        for k in range(count):
            stem = f"outdoor-{k:05d}-0"
            ramp = np.linspace(0, 2, ROWS * OUT)[:, None] + rng.normal(0, 0.1, (ROWS * OUT, COLUMNS * OUT))
            np.save(folder / f"{stem}.npy", ramp.astype(np.float16))
            features = rng.normal(size=(3, FEATURES, ROWS, COLUMNS)).astype(np.float16)
            np.save(folder / f"{stem}.features.npy", features)
            cv2.imwrite(str(folder / f"{stem}.jpg"), rng.integers(0, 255, (294, 392, 3)).astype(np.uint8))

    return write
