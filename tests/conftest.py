"""What every test may use."""

import random
import sys
from pathlib import Path

import numpy as np
import pytest

from sonovista.scene import Acoustics, Gaussians, Listener, Scene, SceneDocument, Source

ROOT = Path(__file__).parent.parent


@pytest.fixture(autouse=True)
def fixed_seeds() -> None:
    """A test draws the same whichever tests ran before it, alone or beside others."""
    random.seed(20260328)
    if (torch := sys.modules.get("torch")) is not None:
        torch.manual_seed(20260328)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20260328)


@pytest.fixture
def example_photos() -> dict[str, Path]:
    return {path.stem: path for path in sorted((ROOT / "examples").glob("*.jpg"))}


@pytest.fixture
def small_scene(rng: np.random.Generator) -> Scene:
    """A point, an area and an ambient source around the listener, a little panorama, 50 Gaussians."""
    height = 16
    points = [(3.0, float(y), -1.0) for y in np.linspace(-1, 1, 5)]
    sources = [
        Source(
            id="bird", label="bird", kind="point", position=(1.0, 2.0, 1.0), gain_db=-18.0, sound="sounds/bird.flac"
        ),
        Source(
            id="stream",
            label="stream",
            kind="area",
            position=(3.0, 0.0, -1.0),
            points=points,
            gain_db=-12.5,
            sound="sounds/stream.flac",
        ),
        Source(id="wind", label="wind", kind="ambient", gain_db=-28.0, sound="sounds/wind.flac"),
    ]
    count = 50
    quaternions = rng.normal(size=(count, 4))
    quaternions /= np.linalg.norm(quaternions, axis=1, keepdims=True)
    return Scene(
        SceneDocument(title="small", sources=sources, listener=Listener(yaw_deg=10.0), acoustics=Acoustics()),
        sounds={
            source.id: (0.1 * rng.standard_normal(48_000 // 4)).astype(np.float32).clip(-0.99, 0.99)
            for source in sources
        },
        panorama=rng.integers(0, 256, (height, 2 * height, 3), dtype=np.uint8),
        depth=rng.uniform(1.0, 50.0, (height, 2 * height)).astype(np.float32),
        gaussians=Gaussians(
            positions=rng.uniform(-5, 5, (count, 3)).astype(np.float32),
            scales=rng.uniform(0.01, 0.5, (count, 3)).astype(np.float32),
            rotations=quaternions.astype(np.float32),
            opacities=rng.uniform(0.05, 0.95, count).astype(np.float32),
            colours=rng.uniform(0.0, 1.0, (count, 3)).astype(np.float32),
        ),
        masks={"stream": rng.random((height, 2 * height)) > 0.5},
    )
