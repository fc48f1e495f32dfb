"""The ground of a scene: plains, hills, valleys, shores, ridges behind one another."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sonovista.heads.outdoor.texturing import look_up

AZIMUTHS = 1440
RADII = np.geomspace(0.15, 8000.0, 300)
NO_WATER = -1e9


@dataclass(frozen=True)
class Ground:
    """Heights by place, metres.

    Attributes:
        noise: a tile of fractal noise.
        bumps: metres of unevenness at 15 m and below.
        hills: metres at 150 m.
        ridges: metres at 2 km, begins `clear` metres away.
        clear: metres of even ground around the origin.
        slope: rise along x and y.
        cliff: metres of a step at `edge` metres along `facing`; 0 for none.
        edge: metres.
        facing: unit vector, `(2,)`.
        water: level in metres; `NO_WATER` for none.
        shift: where in the noise the origin lies.
    """

    noise: NDArray[np.float32]
    bumps: float
    hills: float
    ridges: float
    clear: float
    slope: NDArray[np.float64]
    cliff: float
    edge: float
    facing: NDArray[np.float64]
    water: float
    shift: NDArray[np.float64]

    def height(self, x: NDArray, y: NDArray) -> NDArray[np.float64]:
        """Metres at places, any shape of two axes."""
        n, s = self.noise, self.shift
        r = np.hypot(x, y)
        out = self.bumps * (look_up(n, x * 2.0 + s[0], y * 2.0) * 0.25 + look_up(n, x * 0.35, y * 0.35 + s[1]))
        out = out + self.hills * look_up(n, x * 0.06 + s[1], y * 0.06) * np.clip(r / 60.0, 0.0, 1.0)
        far = np.clip((r - self.clear) / (4.0 * self.clear + 200.0), 0.0, 1.0)
        ridge = 1.4 - np.abs(look_up(n, x * 0.006 + s[0], y * 0.006 + s[1])) + 0.35 * look_up(n, x * 0.03, y * 0.03)
        out = out + self.ridges * far**1.5 * np.clip(ridge + 0.12 * look_up(n, x * 0.12, y * 0.12), -0.2, None)
        out = out + np.clip(self.slope[0] * x + self.slope[1] * y, -400.0, 400.0)
        if self.cliff:
            along = x * self.facing[0] + y * self.facing[1] - self.edge + 2.0 * look_up(n, x * 0.3, y * 0.3 + s[1])
            out = out + self.cliff * np.clip(along / (0.25 * abs(self.cliff) + 0.5), 0.0, 1.0)
        return out

    def polar(self, position: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Heights and normals around a place, `(A, K)` and `(A, K, 3)`, for `draw_terrain`."""
        azimuth = (np.arange(AZIMUTHS) + 0.5) / AZIMUTHS * 2 * np.pi - np.pi
        x = position[0] + np.cos(azimuth)[:, None] * RADII
        y = position[1] + np.sin(azimuth)[:, None] * RADII
        z = self.height(x, y)
        along = np.gradient(z, axis=1) / np.gradient(RADII)
        around = (np.roll(z, -1, 0) - np.roll(z, 1, 0)) / (2 * RADII * 2 * np.pi / AZIMUTHS)
        c, s = np.cos(azimuth)[:, None], np.sin(azimuth)[:, None]
        normal = np.stack([-(along * c - around * s), -(along * s + around * c), np.ones_like(z)], axis=-1)
        return z, (normal / np.linalg.norm(normal, axis=-1, keepdims=True)).astype(np.float32)


def draw_ground(rng: np.random.Generator, noise: NDArray[np.float32], kind: str) -> Ground:
    """One of "plain", "hills", "mountains", "shore", "gorge", "street"."""
    angle = rng.uniform(-np.pi, np.pi)
    facing = np.array([np.cos(angle), np.sin(angle)])
    bumps = 10 ** rng.uniform(-2, -0.4)
    hills = 0.0 if kind in ("plain", "street") else 10 ** rng.uniform(0.2, 1.4)
    ridges = 10 ** rng.uniform(1.5, 3.1) if kind in ("mountains", "gorge") or rng.random() < 0.3 else 0.0
    slope = np.zeros(2)
    cliff, edge, water = 0.0, 0.0, NO_WATER
    if kind == "hills":
        slope = rng.normal(0, 0.08, 2)
    elif kind == "gorge":
        cliff, edge = rng.uniform(4, 60), rng.uniform(6, 60)
    elif kind == "street":
        bumps, slope = 0.01, rng.normal(0, 0.01, 2)
    if kind == "shore":
        bumps = max(bumps, 0.05)
        water = -rng.uniform(0.05, 1.2)
        slope = facing * rng.uniform(0.01, 0.2)
        edge, cliff = rng.uniform(15, 300), rng.choice([0.0, 8.0, 25.0])
        facing = facing if rng.random() < 0.5 else -facing
    elif kind in ("plain", "mountains", "hills") and rng.random() < 0.3:
        water = rng.uniform(-1.5, 0.1)
    clear = 10 ** rng.uniform(0.9, 2.6)
    if kind == "street":
        bumps, hills = 0.005, 0.0
    return Ground(noise, bumps, hills, ridges, clear, slope, cliff, edge, facing, water, rng.uniform(0, 500, 2))
