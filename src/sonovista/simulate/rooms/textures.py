"""Procedural textures: square, periodic pictures of plaster, wood, tiles, cloth and the like."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

SIZE = 512
"""Pixels of a texture's side."""

Texture = NDArray[np.float32]
"""sRGB in [0, 1], shape `(SIZE, SIZE, 3)`."""


def periodic_noise(
    rng: np.random.Generator, slope: float, stretch: tuple[float, float] = (1.0, 1.0), lowest: float = 1.0
) -> NDArray[np.float32]:
    """Gaussian noise with power falling as `frequency ** -slope`, mean 0, deviation 1, shape `(SIZE, SIZE)`.

    Args:
        rng: makes it.
        slope: of the power spectrum; 0 is white, 2 natural pictures.
        stretch: how much longer features are down and across.
        lowest: cycles per side below which power no longer grows.
    """
    down = np.fft.fftfreq(SIZE)[:, None] * SIZE * stretch[0]
    across = np.fft.rfftfreq(SIZE)[None, :] * SIZE * stretch[1]
    frequency = np.maximum(np.hypot(down, across), lowest)
    spectrum = np.fft.rfft2(rng.standard_normal((SIZE, SIZE)).astype(np.float32)) * frequency ** (-0.5 * slope)
    spectrum[0, 0] = 0.0
    noise = np.fft.irfft2(spectrum, (SIZE, SIZE))
    return (noise / noise.std()).astype(np.float32)


def some_colour(rng: np.random.Generator, lightness: tuple[float, float], chroma: float) -> NDArray[np.float32]:
    """A colour with its mean in `lightness` and deviations of at most `chroma`, shape `(3,)`."""
    mean = rng.uniform(*lightness)
    tilt = rng.uniform(-1.0, 1.0, 3)
    return np.clip(mean + chroma * (tilt - tilt.mean()), 0.02, 0.98).astype(np.float32)


def _grid() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    axis = ((np.arange(SIZE) + 0.5) / SIZE).astype(np.float32)
    return np.broadcast_to(axis[:, None], (SIZE, SIZE)), np.broadcast_to(axis[None, :], (SIZE, SIZE))


def _tinted(value: NDArray[np.floating], colour: NDArray[np.float32]) -> Texture:
    return np.clip(colour * value[..., None], 0.0, 1.0).astype(np.float32)


def plaster(rng: np.random.Generator) -> Texture:
    """Painted wall: nearly even, with the grain of a roller and faint clouds."""
    value = 1.0 + 0.02 * periodic_noise(rng, 2.0) + 0.012 * periodic_noise(rng, 0.4)
    return _tinted(value, some_colour(rng, (0.55, 0.92), 0.2))


def wood(rng: np.random.Generator) -> Texture:
    """Boards along the first axis, each with its own tone and grain."""
    _, x = _grid()
    boards = int(rng.integers(3, 10))
    board = np.minimum((x * boards).astype(int), boards - 1)
    tone = rng.uniform(0.75, 1.15, boards).astype(np.float32)[board]
    grain = periodic_noise(rng, 1.6, (14.0, 1.0))
    grain = np.take_along_axis(grain, (np.arange(SIZE)[:, None] + 97 * board) % SIZE, axis=0)
    seam = np.abs(x * boards - np.round(x * boards)) < 0.012 * boards / 2
    value = tone * (1.0 + 0.13 * grain + 0.03 * periodic_noise(rng, 0.5)) * np.where(seam, 0.55, 1.0)
    brown = np.array([1.0, rng.uniform(0.62, 0.82), rng.uniform(0.3, 0.6)], np.float32) * rng.uniform(0.3, 0.8)
    return _tinted(value.astype(np.float32), brown.astype(np.float32))


def tiles(rng: np.random.Generator) -> Texture:
    """Square tiles with joints, a few of them of a second colour."""
    y, x = _grid()
    count = int(rng.integers(2, 9))
    row, column = np.minimum((y * count).astype(int), count - 1), np.minimum((x * count).astype(int), count - 1)
    one, other = some_colour(rng, (0.4, 0.9), 0.25), some_colour(rng, (0.2, 0.8), 0.3)
    second = rng.random((count, count)) < rng.choice([0.0, 0.15, 0.5])
    tone = rng.normal(1.0, 0.05, (count, count))[row, column] * (1.0 + 0.04 * periodic_noise(rng, 2.0))
    colour = np.where(second[row, column][..., None], other, one)
    edge = np.minimum(np.abs(y * count - np.round(y * count)), np.abs(x * count - np.round(x * count)))
    joint = np.clip(1.0 - edge / 0.03, 0.0, 1.0)[..., None]
    grout = rng.uniform(0.3, 0.8)
    return np.clip(colour * tone[..., None] * (1.0 - joint) + grout * joint, 0.0, 1.0).astype(np.float32)


def bricks(rng: np.random.Generator) -> Texture:
    """Running bond: rows of bricks, every second row shifted by half."""
    y, x = _grid()
    rows, columns = 2 * int(rng.integers(4, 7)), int(rng.integers(3, 5))
    row = np.minimum((y * rows).astype(int), rows - 1)
    along = x * columns + 0.5 * (row % 2)
    column = along.astype(int) % columns
    tone = rng.normal(1.0, 0.12, (rows, columns))[row, column] * (1.0 + 0.07 * periodic_noise(rng, 1.0))
    joint = (np.abs(y * rows - np.round(y * rows)) < 0.09) | (np.abs(along - np.round(along)) < 0.04)
    red = np.array([rng.uniform(0.5, 0.75), rng.uniform(0.25, 0.45), rng.uniform(0.18, 0.35)], np.float32)
    colour = np.where(joint[..., None], rng.uniform(0.5, 0.8), red * tone[..., None])
    return np.clip(colour, 0.0, 1.0).astype(np.float32)


def cloth(rng: np.random.Generator) -> Texture:
    """Woven cloth or carpet: threads, and stripes or checks of a few colours."""
    y, x = _grid()
    count = int(rng.integers(2, 14))
    palette = np.stack([some_colour(rng, (0.15, 0.8), 0.35) for _ in range(4)])
    stripes = palette[rng.integers(0, 4, count)][np.minimum((x * count).astype(int), count - 1)]
    if rng.random() < 0.5:
        across = palette[rng.integers(0, 4, count)][np.minimum((y * count).astype(int), count - 1)]
        stripes = 0.5 * (stripes + across)
    elif rng.random() < 0.5:
        stripes = np.broadcast_to(palette[0], stripes.shape)
    weave = 1.0 + 0.08 * np.sin(2 * np.pi * 64 * x) * np.sin(2 * np.pi * 64 * y)
    value = weave + 0.08 * periodic_noise(rng, 0.3) + 0.05 * periodic_noise(rng, 2.0)
    return np.clip(stripes * value[..., None], 0.0, 1.0).astype(np.float32)


def wallpaper(rng: np.random.Generator) -> Texture:
    """A motif that comes back: level sets of a few periodic waves in two or three colours."""
    y, x = _grid()
    field = np.zeros((SIZE, SIZE), np.float32)
    repeats = int(rng.integers(1, 4))
    for _ in range(6):
        ky, kx = repeats * rng.integers(-3, 4, 2)
        field += rng.normal() * np.cos(2 * np.pi * (ky * y + kx * x) + rng.uniform(0, 2 * np.pi))
    level = np.quantile(field, rng.uniform(0.4, 0.75))
    base = some_colour(rng, (0.5, 0.9), 0.25)
    motif = some_colour(rng, (0.3, 0.9), 0.3)
    soft = np.clip((field - level) * 12.0 + 0.5, 0.0, 1.0)[..., None]
    value = 1.0 + 0.015 * periodic_noise(rng, 0.5)
    return np.clip((base * (1.0 - soft) + motif * soft) * value[..., None], 0.0, 1.0).astype(np.float32)


def marble(rng: np.random.Generator) -> Texture:
    """Veins along the zero crossings of noise."""
    vein = np.exp(-np.abs(periodic_noise(rng, 2.6)) * 9.0) + 0.5 * np.exp(-np.abs(periodic_noise(rng, 2.2)) * 14.0)
    base, dark = some_colour(rng, (0.55, 0.92), 0.12), some_colour(rng, (0.15, 0.5), 0.15)
    share = np.clip(0.7 * vein + 0.05 * periodic_noise(rng, 2.0), 0.0, 1.0)[..., None]
    return np.clip(base * (1.0 - share) + dark * share, 0.0, 1.0).astype(np.float32)


def painting(rng: np.random.Generator) -> Texture:
    """A picture for the wall: washes of colour, shapes over them, and a frame."""
    y, x = _grid()
    image = some_colour(rng, (0.3, 0.8), 0.4) + np.zeros((SIZE, SIZE, 3), np.float32)
    for _ in range(2):
        wash = 1.0 / (1.0 + np.exp(-3.0 * periodic_noise(rng, 3.2)))
        image = image * (1.0 - wash[..., None]) + some_colour(rng, (0.1, 0.9), 0.5) * wash[..., None]
    for _ in range(int(rng.integers(3, 16))):
        angle, (cy, cx) = rng.uniform(0, np.pi), rng.random(2)
        u = (x - cx) * np.cos(angle) + (y - cy) * np.sin(angle)
        v = (y - cy) * np.cos(angle) - (x - cx) * np.sin(angle)
        a, b = rng.uniform(0.02, 0.3, 2)
        distance = np.hypot(u / a, v / b) if rng.random() < 0.5 else np.maximum(np.abs(u / a), np.abs(v / b))
        inside = np.clip((1.0 - distance) * 60.0 * min(a, b), 0.0, 1.0)[..., None]
        image = image * (1.0 - inside) + some_colour(rng, (0.05, 0.95), 0.6) * inside
    return framed(image * (1.0 + 0.04 * periodic_noise(rng, 0.8))[..., None], rng)


def framed(image: NDArray[np.floating], rng: np.random.Generator) -> Texture:
    """Draw a frame, and at times a mount, over a picture's border."""
    y, x = _grid()
    edge = np.minimum(np.minimum(x, 1.0 - x), np.minimum(y, 1.0 - y))
    frame, mount = rng.uniform(0.02, 0.05), rng.choice([0.0, 0.08])
    out = np.where((edge < frame + mount)[..., None], 0.92, image)
    return np.clip(np.where((edge < frame)[..., None], some_colour(rng, (0.05, 0.5), 0.2), out), 0, 1).astype(
        np.float32
    )


def books(rng: np.random.Generator) -> Texture:
    """Spines side by side, of all colours and heights, with bands for their titles; the dark of the shelf above."""
    y, x = _grid()
    edges = np.sort(np.concatenate([[0.0], rng.random(int(rng.integers(18, 34)))]))
    book = np.searchsorted(edges, x[0], side="right") - 1
    count = len(edges)
    colour = np.stack([some_colour(rng, (0.15, 0.75), 0.5) for _ in range(count)])
    height, band = rng.uniform(0.7, 0.97, count), rng.uniform(0.3, 0.8, count)
    from_floor = 1.0 - y
    image = np.broadcast_to(colour[book], (SIZE, SIZE, 3)).copy()
    title = np.abs(from_floor - (height * band)[book]) < 0.05
    image[title] = image[title] * 0.4 + 0.5
    round_spine = 0.75 + 0.25 * np.sin(np.pi * np.clip((x - edges[book]) * count, 0.0, 1.0))
    image *= round_spine[..., None]
    image[from_floor > height[book]] = 0.04
    return np.clip(image, 0.0, 1.0).astype(np.float32)


def view_outside(rng: np.random.Generator) -> Texture:
    """What a window shows: sky, ridges or house fronts, trees; a cross of bars."""
    y, x = _grid()
    sky = np.array([0.55, 0.72, 0.95], np.float32) * (1.0 - 0.35 * (1.0 - y))[..., None] + 0.25
    cloud = np.clip(periodic_noise(rng, 2.8, (1.0, 0.5)) * 0.35, 0.0, 0.6)[..., None]
    image = sky * (1.0 - cloud) + cloud
    for depth in range(3):
        line = 0.45 + 0.15 * depth + 0.07 * periodic_noise(rng, 2.2)[0]
        tone = np.array([0.25, 0.42, 0.2], np.float32) if rng.random() < 0.6 else some_colour(rng, (0.35, 0.7), 0.2)
        shade = np.clip(1.0 + 0.25 * periodic_noise(rng, 1.2), 0.2, 2.0)[..., None]
        image = np.where((y > line[None, :])[..., None], tone * shade * (1.0 - 0.18 * depth), image)
    bar = (np.abs(x - 0.5) < 0.015) | (np.abs(y - 0.4) < 0.015)
    edge = np.minimum(np.minimum(x, 1.0 - x), np.minimum(y, 1.0 - y)) < 0.03
    return np.clip(np.where((bar | edge)[..., None], 0.85, image), 0.0, 1.0).astype(np.float32)


def panelled(rng: np.random.Generator) -> Texture:
    """A door or a cupboard's front: sunk panels and a handle."""
    y, x = _grid()
    rows, columns = int(rng.integers(1, 4)), int(rng.integers(1, 3))
    v, u = (y * rows) % 1.0, (x * columns) % 1.0
    edge = np.minimum(np.minimum(u, 1.0 - u) / rows, np.minimum(v, 1.0 - v) / columns)
    value = 1.0 - 0.25 * np.exp(-(((edge - 0.06) / 0.012) ** 2)) + 0.02 * periodic_noise(rng, 1.5, (10.0, 1.0))
    image = _tinted(value.astype(np.float32), some_colour(rng, (0.3, 0.9), 0.2))
    image[np.hypot(x - 0.92, y - 0.5) < 0.018] = rng.uniform(0.1, 0.9)
    return image


WALLS: tuple[Callable[[np.random.Generator], Texture], ...] = (plaster, plaster, wallpaper, bricks, wood)
FLOORS: tuple[Callable[[np.random.Generator], Texture], ...] = (wood, wood, tiles, cloth, marble)
FURNITURE: tuple[Callable[[np.random.Generator], Texture], ...] = (wood, wood, marble, plaster)
