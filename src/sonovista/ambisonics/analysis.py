"""What an Ambisonic signal says of the sound field: where sound comes from, and how diffuse it is."""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def intensity_direction(foa: ArrayLike) -> NDArray[np.float64]:
    """Direction from which the mean acoustic intensity arrives: `(mean(W X), mean(W Y), mean(W Z))`, normalised.

    Args:
        foa: ACN channels W, Y, Z, X and any higher ones, shape `(4 or more, samples)`; SN3D or N3D.

    Returns:
        Unit vector (x forward, y left, z up), shape `(3,)`; zeros where no direction dominates (silence, W only).

    Raises:
        ValueError: fewer than four channels.
    """
    foa = _first_order(foa)
    return _unit(foa[[3, 1, 2]] @ foa[0])


def diffuseness(foa: ArrayLike) -> float:
    """How diffuse a sound field is: 0 for one plane wave, 1 for a field without net intensity.

    `1 - |mean(W v)| / mean((W ** 2 + |v| ** 2) / 2)` with `v = (X, Y, Z)`.

    Args:
        foa: ACN channels in SN3D, shape `(4 or more, samples)`.

    Returns:
        0 to 1; silence is diffuse.

    Raises:
        ValueError: fewer than four channels.

    Source: Pulkki, *Spatial sound reproduction with directional audio coding* (JAES 2007).
    """
    foa = _first_order(foa)
    energy = np.asarray(0.5 * np.sum(foa[:4] ** 2))
    return float(_diffuseness(foa[[3, 1, 2]] @ foa[0], energy))


def directions_over_time(
    foa: ArrayLike, block: int = 1024, step: int | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Direction of the intensity and diffuseness, block by block.

    Args:
        foa: ACN channels in SN3D, shape `(4 or more, samples)`.
        block: samples of a block, weighted by a Hann window; at least 2.
        step: samples from block to block; half a block by default.

    Returns:
        Unit vectors of shape `(blocks, 3)`, zeros where a block is silent, and diffuseness of shape `(blocks,)`. What
        remains after the last whole block is left out; a signal shorter than one block has none.

    Raises:
        ValueError: fewer than four channels, or sizes that cannot be.
    """
    foa = _first_order(foa)
    step = max(1, block // 2) if step is None else step
    if block < 2 or step < 1:
        raise ValueError(f"expected a block of 2 samples and a step of 1 at least, found {block} and {step}")
    if foa.shape[1] < block:
        return np.zeros((0, 3)), np.zeros(0)
    window = np.sin(np.pi * (np.arange(block) + 0.5) / block) ** 2

    def blocks(products: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.lib.stride_tricks.sliding_window_view(products, block, axis=-1)[..., ::step, :] @ window

    intensity = blocks(foa[[3, 1, 2]] * foa[0]).T
    return _unit(intensity), _diffuseness(intensity, blocks(0.5 * np.sum(foa[:4] ** 2, axis=0)))


def _first_order(foa: ArrayLike) -> NDArray[np.float64]:
    foa = np.asarray(foa, float)
    if foa.ndim != 2 or foa.shape[0] < 4:
        raise ValueError(f"expected first-order signals of shape (4, samples), found {foa.shape}")
    return foa


def _unit(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.where(length > 0.0, vectors / np.where(length > 0.0, length, 1.0), 0.0)


def _diffuseness(intensity: NDArray[np.float64], energy: NDArray[np.float64]) -> NDArray[np.float64]:
    ratio = np.linalg.norm(intensity, axis=-1) / np.where(energy > 0.0, energy, 1.0)
    return np.clip(1.0 - ratio, 0.0, 1.0)
