"""What the tests of learning share: examples of a tiny world, and networks small enough for it."""

from functools import lru_cache

import cv2
import numpy as np

from sonovista.slfm.config import TrainingRun, run_from
from sonovista.slfm.streams.ears import Ears, spherical_ears
from sonovista.slfm.streams.procedural import ProceduralStream, ViewOptions
from sonovista.slfm.streams.sounds import Noise


@lru_cache
def tiny_panoramas() -> tuple[np.ndarray, ...]:
    """Smooth random colours all around: no two directions look alike."""
    out = []
    for seed in range(4):
        noise = np.random.default_rng(seed).standard_normal((64, 128, 3)).astype(np.float32)
        wide = cv2.GaussianBlur(np.tile(noise, (1, 3, 1)), (0, 0), 3.0)[:, 128:256]
        scaled = 127.0 + 300.0 * cv2.resize(wide, (256, 128), interpolation=cv2.INTER_CUBIC)
        out.append(np.clip(scaled, 0, 255).astype(np.uint8))
    return tuple(out)


@lru_cache
def tiny_head() -> Ears:
    return spherical_ears(0.0875, np.radians(100.0))


def tiny_stream(seed: int = 0, **options: object) -> ProceduralStream:
    views = ViewOptions.model_validate(
        {"width": 64, "height": 48, "seconds": 0.4, "largest_rotation_deg": 50} | options
    )
    return ProceduralStream(tiny_panoramas(), Noise(), [tiny_head()], views, seed, places=10)


def tiny_run(**changes: object) -> TrainingRun:
    """A run whose networks take milliseconds."""
    networks = {
        "audio": {"width": 4, "stages": 2, "embedding": 16, "features": "spatial", "seconds": 0.4},
        "vision": {"width": 4, "image_width": 64, "image_height": 48, "stride": 8, "channels": 8, "embedding": 16},
        "binauralizer": {"width": 4},
        "head_width": 8,
    }
    training = {
        "steps": 4,
        "batch": 2,
        "learning_rate": 1e-3,
        "precision": "no",
        "validate_every": 2,
        "validation_examples": 2,
        "threads": 1,
    }
    document = {"name": "tiny", "size": "ablation", "networks": networks, "training": training}
    for key, value in changes.items():
        if isinstance(value, dict) and isinstance(document.get(key), dict):
            document[key] = document[key] | value  # pyright: ignore[reportOperatorIssue]
        else:
            document[key] = value
    return run_from(document, "tiny")
