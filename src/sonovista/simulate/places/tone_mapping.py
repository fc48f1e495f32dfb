"""High dynamic range to what a screen shows."""

import numpy as np
from numpy.typing import NDArray

_KEY = 0.4
_SHOULDER = 0.8


def tone_mapped(radiance: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Linear RGB radiance to sRGB, one exposure for the whole panorama, with a soft shoulder for what is bright.

    The exposure brings the 60th percentile over equal solid angles to the middle of the scale; lamps and sun saturate.

    Args:
        radiance: an equirectangular panorama, shape `(H, 2H, 3)`; what is negative or not finite counts as black.

    Returns:
        uint8, shape `(H, 2H, 3)`.
    """
    light = np.clip(np.nan_to_num(radiance, nan=0.0, posinf=1e4, neginf=0.0), 0.0, 1e4)
    rows = np.cos((np.arange(light.shape[0]) + 0.5) / light.shape[0] * np.pi - 0.5 * np.pi)
    grey = light.mean(axis=2)
    order = np.argsort(grey, axis=None)
    weight = np.cumsum(np.broadcast_to(rows[:, None], grey.shape).ravel()[order])
    level = float(grey.ravel()[order[np.searchsorted(weight, 0.6 * weight[-1])]])
    exposed = light * (_KEY / max(level, 1e-6))
    shown = np.where(exposed > _SHOULDER, _SHOULDER + 0.2 * np.tanh((exposed - _SHOULDER) / 0.4), exposed)
    curve = np.where(shown <= 0.0031308, 12.92 * shown, 1.055 * np.maximum(shown, 1e-9) ** (1 / 2.4) - 0.055)
    return (255.0 * np.clip(curve, 0.0, 1.0) + 0.5).astype(np.uint8)
