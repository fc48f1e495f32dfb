"""Textures of outdoor scenes: fractal noise, patches of photos, and their colours at points of surfaces."""

from math import floor

import cv2
import numba
import numpy as np
from numpy.typing import NDArray

SIZE = 128
LEVELS = 6


def fractal_noise(rng: np.random.Generator, size: int, exponent: float) -> NDArray[np.float32]:
    """Noise with a spectrum that falls by `frequency ** -exponent`; it tiles, mean 0, deviation 1, `(size, size)`."""
    fy, fx = np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size)[None, :]
    frequency = np.hypot(fx, fy)
    frequency[0, 0] = 1.0
    spectrum = np.fft.rfft2(rng.standard_normal((size, size))) * frequency**-exponent
    spectrum[0, 0] = 0.0
    noise = np.fft.irfft2(spectrum, (size, size))
    return (noise / noise.std()).astype(np.float32)


def look_up(noise: NDArray[np.float32], x: NDArray, y: NDArray) -> NDArray[np.float32]:
    """A tile of noise at places in cells, bilinear, shape of `x`."""
    out = np.empty(x.size, np.float32)
    _bilinear(noise, np.ascontiguousarray(x).ravel(), np.ascontiguousarray(y).ravel(), out)
    return out.reshape(x.shape)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _bilinear(noise, x, y, out):
    size = noise.shape[0]
    for i in range(x.shape[0]):
        x0, y0 = floor(x[i]), floor(y[i])
        fx, fy = x[i] - x0, y[i] - y0
        a, b = int(x0) % size, int(y0) % size
        c, d = (a + 1) % size, (b + 1) % size
        out[i] = (noise[b, a] * (1 - fx) + noise[b, c] * fx) * (1 - fy) + (
            noise[d, a] * (1 - fx) + noise[d, c] * fx
        ) * fy


def procedural(rng: np.random.Generator, kind: str) -> NDArray[np.float32]:
    """A texture of linear RGB around mean 0.5, `(SIZE, SIZE, 3)`, to be tinted."""
    noise = fractal_noise(rng, SIZE, rng.uniform(0.3, 1.6))
    if kind == "grain":
        grey = 0.5 + 0.18 * noise
    elif kind == "stripes":
        t = np.linspace(0, 2 * np.pi * rng.integers(2, 12), SIZE, endpoint=False)
        grey = 0.5 + 0.25 * np.sign(np.sin(t + 0.6 * noise)) + 0.08 * noise
    elif kind == "bricks":
        rows = int(rng.integers(6, 16))
        y = np.arange(SIZE) * rows / SIZE
        x = np.arange(SIZE)[None, :] * rows / (2.2 * SIZE) + 0.5 * (np.floor(y)[:, None] % 2)
        joint = np.minimum(np.abs(x % 1 - 0.5) < 0.46, (np.abs(y % 1 - 0.5) < 0.42)[:, None])
        grey = np.where(joint, 0.5, 0.3) + 0.07 * noise
    elif kind == "spots":
        grey = np.where(noise > rng.uniform(0.2, 1.0), 0.2, 0.6) + 0.05 * fractal_noise(rng, SIZE, 0.8)
    else:
        grey = np.full((SIZE, SIZE), 0.5) + 0.03 * noise
    hue = 0.06 * fractal_noise(rng, SIZE, 1.2)[..., None] * rng.normal(size=3)
    return np.clip(grey[..., None] + hue, 0.02, 1.0).astype(np.float32)


def patch(rng: np.random.Generator, photo: NDArray[np.uint8]) -> NDArray[np.float32]:
    """A piece of a photo, mirrored so that it tiles, linear RGB of mean about 0.5, `(SIZE, SIZE, 3)`."""
    side = int(rng.integers(48, min(320, *photo.shape[:2])))
    v, u = rng.integers(0, photo.shape[0] - side + 1), rng.integers(0, photo.shape[1] - side + 1)
    half = SIZE // 2
    piece = cv2.resize(photo[v : v + side, u : u + side], (half, half), interpolation=cv2.INTER_AREA)
    linear = (np.asarray(piece, np.float32) / 255.0) ** 2.2
    linear *= 0.4 / max(float(linear.mean()), 0.02)
    whole = np.concatenate([linear, linear[:, ::-1]], axis=1)
    return np.clip(np.concatenate([whole, whole[::-1]], axis=0), 0.01, 2.0)


def pyramid(textures: NDArray[np.float32]) -> NDArray[np.float32]:
    """Ever smaller copies, each kept at full size, shape `(T, LEVELS, SIZE, SIZE, 3)`."""
    out = np.empty((len(textures), LEVELS, SIZE, SIZE, 3), np.float32)
    for t, texture in enumerate(textures):
        for level in range(LEVELS):
            small = cv2.resize(texture, None, fx=0.5**level, fy=0.5**level, interpolation=cv2.INTER_AREA)
            out[t, level] = cv2.resize(small, (SIZE, SIZE), interpolation=cv2.INTER_LINEAR)
    return out


@numba.njit(cache=True, nogil=True, error_model="numpy")
def texture_points(points, normals, footprint, texture, repeat, offset, levels, out):
    """Texture on the plane that a surface most faces.

    Args:
        points: metres, `(N, 3)`.
        normals: `(N, 3)`.
        footprint: metres that a pixel covers, `(N,)`.
        texture: index, `(N,)`.
        repeat: metres after which it begins again, `(N,)`.
        offset: shifts the texture, in its own size, `(N,)`.
        levels: of `pyramid`.
        out: linear RGB, `(N, 3)`.
    """
    size = levels.shape[2]
    for i in range(points.shape[0]):
        x, y, z = abs(normals[i, 0]), abs(normals[i, 1]), abs(normals[i, 2])
        if z >= x and z >= y:
            s, t = points[i, 0], points[i, 1]
        elif x >= y:
            s, t = points[i, 1], -points[i, 2]
        else:
            s, t = points[i, 0], -points[i, 2]
        s = (s / repeat[i] + offset[i]) * size
        t = (t / repeat[i] + 1.7 * offset[i]) * size
        level = int(np.log2(max(footprint[i] * size / repeat[i], 1.0)) + 0.5)
        of = levels[texture[i], min(level, levels.shape[1] - 1)]
        s0, t0 = floor(s), floor(t)
        fs, ft = s - s0, t - t0
        a, b = int(s0) % size, int(t0) % size
        c, d = (a + 1) % size, (b + 1) % size
        for k in range(3):
            top = of[b, a, k] * (1 - fs) + of[b, c, k] * fs
            low = of[d, a, k] * (1 - fs) + of[d, c, k] * fs
            out[i, k] = top * (1 - ft) + low * ft
