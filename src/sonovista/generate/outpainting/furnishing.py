"""What stands and hangs at the walls of a room that the photo does not show: drawn, in the photo's own colours.

Things that the photo shows are never copied: what can sound would be heard, and known again, twice. Doors, shelves,
sideboards, curtains and pictures are silent, stand in nearly every room, and give a wall its scale.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sonovista.generate.outpainting.noise import fractal_noise, smooth_noise

Float = NDArray[Any]

DOOR = (0.58, 1.36)
"""Width and height of a door in units of the camera's height above the floor, as all lengths here."""

SKIRTING = 0.065
GAP = (0.08, 0.3)
"""Least and largest free wall between two things."""


@dataclass(frozen=True)
class Palette:
    """Colours for drawn things.

    Attributes:
        colours: a sample of what the photo's things look like, RGB in [0, 1], shape `(N, 3)`, `N >= 1`.
        bodies: the broad ones among them, for furniture, shape `(M, 3)`, `M >= 1`.
        trim: of doors and skirting, shape `(3,)`.
    """

    colours: Float
    bodies: Float
    trim: Float

    def pick(self, rng: np.random.Generator) -> Float:
        """One of the colours."""
        return self.colours[rng.integers(len(self.colours))]

    def body(self, rng: np.random.Generator) -> Float:
        """One of the broad colours."""
        return self.bodies[rng.integers(len(self.bodies))]


@dataclass(frozen=True)
class Drawing:
    """A thing seen from the front: RGB, shape `(h, w, 3)`, and its opacity, shape `(h, w)`."""

    pixels: Float
    opacity: Float


def furnish(
    wall: Float,
    density: float,
    free: NDArray[np.bool_],
    fullness: float,
    palette: Palette,
    rng: np.random.Generator,
    door: bool,
) -> None:
    """Draw things along a wall, in place.

    Args:
        wall: RGB of the wall seen from the front, shape `(h, w, 3)`; its last row lies on the floor.
        density: pixels for a camera height.
        free: columns where something may stand, shape `(w,)`.
        fullness: share of the wall's length that things take, in [0, 1].
        palette: colours.
        rng: every random choice.
        door: whether there is a door in this wall.
    """
    height = wall.shape[0] / density
    for start, stop in _runs(free):
        at = start / density + rng.uniform(*GAP)
        end = stop / density - GAP[0]
        while at < end:
            kind, low, high = _choose(rng, door, fullness)
            width = float(rng.uniform(low, high))
            if at + width > end:
                # What is left is too narrow for this thing: a picture, or nothing.
                kind, width = _picture, min(0.3, end - at)
            if width < 0.16:
                break
            if kind is _door:
                door = False
                _put(wall, density, at, 0.0, _door(density, width, min(DOOR[1], 0.9 * height), palette, rng))
            elif rng.uniform() < fullness:
                kind(wall, density, at, width, palette, rng)
            elif rng.uniform() < fullness:
                _picture(wall, density, at, width, palette, rng)
            at += width + rng.uniform(*GAP) * (1.6 - fullness)


def _choose(rng: np.random.Generator, door: bool, fullness: float) -> tuple[Callable[..., Any], float, float]:
    if door:
        return _door, DOOR[0], DOOR[0]
    kinds = ((_bookcase, 0.55, 1.1), (_sideboard, 0.7, 1.2), (_curtain, 0.4, 0.8), (_picture, 0.35, 0.7))
    # Where there are many things, many of them stand on shelves.
    shelves = 0.25 + 0.3 * fullness
    return kinds[rng.choice(4, p=(shelves, *((1.0 - shelves) * np.array((0.4, 0.25, 0.35)))))]


def _runs(flags: NDArray[np.bool_]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.r_[False, flags, False].astype(int)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _put(wall: Float, density: float, at: float, foot: float, drawing: Drawing) -> None:
    """Lay a drawing on a wall, `at` from its left end and `foot` above the floor, with its soft shadow."""
    height, width = drawing.opacity.shape
    bottom = wall.shape[0] - round(foot * density)
    left = round(at * density)
    top = max(bottom - height, 0)
    skipped = height - (bottom - top)
    width = min(width, wall.shape[1] - left)
    if width <= 0 or bottom <= top:
        return
    pixels, opacity = drawing.pixels[skipped:, :width], drawing.opacity[skipped:, :width]
    margin = round(0.08 * density)
    rows = slice(max(top - margin, 0), min(bottom + margin, wall.shape[0]))
    columns = slice(max(left - margin, 0), min(left + width + margin, wall.shape[1]))
    shadow = np.zeros((rows.stop - rows.start, columns.stop - columns.start), np.float32)
    shadow[top - rows.start : bottom - rows.start, left - columns.start : left - columns.start + width] = opacity
    shadow = np.asarray(cv2.GaussianBlur(shadow, (0, 0), max(0.025 * density, 0.5)), np.float32)
    wall[rows, columns] *= 1.0 - 0.45 * shadow[..., None]
    view = wall[top:bottom, left : left + width]
    view += (pixels - view) * opacity[..., None]


def _surface(density: float, width: float, height: float, colour: Float, rng: np.random.Generator) -> Float:
    """A board with grain, shape `(h, w, 3)`."""
    shape = (max(round(height * density), 2), max(round(width * density), 2))
    grain = fractal_noise(rng, (shape[0] // 6 + 1, shape[1]), max(0.03 * density, 2.0), 3)
    grain = cv2.resize(grain, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR)
    broad = cv2.resize(smooth_noise(rng, (3, 3)), (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC)
    return (colour * (1.0 + 0.035 * grain + 0.05 * broad)[..., None]).astype(np.float32)


def _bevel(pixels: Float, top: int, bottom: int, left: int, right: int, line: int, depth: float = 0.3) -> None:
    """Edges of a panel: light from above leaves the upper edge dark and the lower one bright (sunk), in place."""
    pixels[top : top + line, left:right] *= 1.0 - depth
    pixels[top:bottom, left : left + line] *= 1.0 - 0.7 * depth
    pixels[bottom - line : bottom, left:right] *= 1.0 + 0.6 * depth
    pixels[top:bottom, right - line : right] *= 1.0 + 0.4 * depth


def _door(density: float, width: float, height: float, palette: Palette, rng: np.random.Generator) -> Drawing:
    out = _surface(density, width, height, palette.trim, rng)
    h, w = out.shape[:2]
    line, case = max(round(0.008 * density), 1), max(round(0.05 * density), 2)
    out[case : case + 2 * line, case : w - case] *= 0.45
    out[case:, case : case + line] *= 0.45
    out[case:, w - case - line : w - case] *= 0.45
    out[case:, case : w - case] *= 0.94
    rail = max(round(0.07 * density), 2)
    columns = int(rng.integers(1, 3))
    split = case + rail + round(rng.uniform(0.45, 0.6) * (h - case - 2 * rail))
    inner = (w - 2 * case - (columns + 1) * rail) / columns
    for upper, lower in ((case + rail, split), (split + rail, h - rail)):
        for column in range(columns):
            left = round(case + rail + column * (inner + rail))
            _bevel(out, upper, lower, left, round(left + inner), 2 * line)
    knob = (w - case - rail // 2, split + rail // 2)
    cv2.circle(out, knob, max(round(0.016 * density), 1), (palette.trim * 0.35).tolist(), -1, cv2.LINE_AA)
    return Drawing(np.clip(out, 0.0, 1.0), np.ones((h, w), np.float32))


def _bookcase(wall: Float, density: float, at: float, width: float, palette: Palette, rng: np.random.Generator) -> None:
    room = wall.shape[0] / density
    height = float(min(rng.uniform(0.7, 1.45), 0.85 * room))
    body = palette.body(rng)
    out = _surface(density, width, height, body, rng)
    board = max(round(0.022 * density), 1)
    count = max(round(height / rng.uniform(0.22, 0.3)), 2)
    bays = max(round(width / 0.6), 1)
    rows = np.linspace(board, out.shape[0] - board, count + 1).round().astype(int)
    columns = np.linspace(board, out.shape[1] - board, bays + 1).round().astype(int)
    for top, bottom in pairwise(rows):
        for left, right in pairwise(columns):
            inside = out[top : bottom - board, left : right - board]
            if min(inside.shape[:2]) < 4:
                continue
            inside *= 0.4
            _fill_shelf(inside, density, palette, rng)
            shade = np.clip(np.arange(inside.shape[0]) / max(0.35 * inside.shape[0], 1.0), 0.0, 1.0)
            inside *= (0.55 + 0.45 * shade.astype(np.float32))[:, None, None]
            out[bottom - board : bottom - board // 2, left:right] *= 1.18
    _put(wall, density, at, 0.0, Drawing(np.clip(out, 0.0, 1.0), np.ones(out.shape[:2], np.float32)))
    _on_top(wall, density, (at, width, out.shape[0] / density), palette, rng)


def _on_top(
    wall: Float, density: float, place: tuple[float, float, float], palette: Palette, rng: np.random.Generator
) -> None:
    """Vessels on a piece of furniture, and a picture above where there is room.

    Args:
        wall: as everywhere here.
        density: likewise.
        place: where it begins, how wide and how high it is, in camera heights.
        palette: colours.
        rng: every random choice.
    """
    at, width, height = place
    room = wall.shape[0] / density
    foot = wall.shape[0] - round(height * density)
    position = at + 0.12
    while position < at + width - 0.12:
        size = float(rng.uniform(0.07, 0.16))
        strip = wall[:, : min(round((at + width) * density), wall.shape[1])]
        tall = min(size * rng.uniform(0.7, 1.9), 0.8 * (room - height))
        _vase(strip, position * density, foot, size * density, tall * density, palette.pick(rng))
        position += size + rng.uniform(0.05, 0.3)
    if room > height + 0.75:
        _hang(wall, density, at + 0.15 * width, 0.7 * width, height + 0.42, palette, rng)


def _fill_shelf(inside: Float, density: float, palette: Palette, rng: np.random.Generator) -> None:
    """Books side by side, here and there a box or a bowl, in place."""
    height, width = inside.shape[:2]
    at = rng.uniform(0.0, 0.03) * density
    while at < width - 2:
        choice = rng.uniform()
        if choice < 0.12:
            at += rng.uniform(0.03, 0.12) * density
            continue
        if choice < 0.22:
            size = min(rng.uniform(0.08, 0.16) * density, width - at)
            tall = min(0.8 * height, size * rng.uniform(0.6, 1.2))
            _vase(inside, at + 0.5 * size, height, size, tall, palette.pick(rng))
            at += size + 0.02 * density
            continue
        group = palette.pick(rng)
        tall = rng.uniform(0.6, 0.92)
        for _ in range(int(rng.integers(2, 9))):
            thick = rng.uniform(0.014, 0.04) * density
            left, right = round(at), min(round(at + thick), width - 1)
            if right <= left:
                break
            colour = group if rng.uniform() < 0.35 else palette.pick(rng)
            top = height - round(np.clip(tall + rng.uniform(-0.08, 0.08), 0.3, 0.97) * height)
            across = (np.arange(right - left) + 0.5) / (right - left)
            spine = (0.72 + 0.36 * np.sin(np.pi * across)).astype(np.float32)
            inside[top:, left:right] = colour * spine[None, :, None]
            if rng.uniform() < 0.6:
                label = top + round((height - top) * rng.uniform(0.12, 0.6))
                inside[label : label + max(round(0.02 * density), 1), left:right] *= rng.choice([0.6, 1.5])
            inside[top:, right - 1 : right] *= 0.5
            at += thick


def _vase(picture: Float, centre: float, foot: int, width: float, height: float, colour: Float) -> None:
    """A round vessel that is lit from the left, standing on row `foot`, in place."""
    rows = np.arange(max(foot - round(height), 0), foot)
    if rows.size == 0:
        return
    t = (foot - rows) / height
    half = 0.5 * width * (0.45 + 0.55 * np.sin(np.pi * np.clip(0.15 + 0.75 * t, 0.0, 1.0)))
    x = (np.arange(picture.shape[1])[None, :] + 0.5 - centre) / np.maximum(half[:, None], 0.5)
    inside = np.clip((1.0 - np.abs(x)) * half[:, None] + 0.5, 0.0, 1.0).astype(np.float32)
    light = (0.55 + 0.5 * np.sqrt(np.clip(1.0 - (x + 0.3) ** 2, 0.0, 1.0))).astype(np.float32)
    view = picture[rows[0] : foot]
    view += (colour * light[..., None] - view) * inside[..., None]


def _sideboard(
    wall: Float, density: float, at: float, width: float, palette: Palette, rng: np.random.Generator
) -> None:
    height = float(rng.uniform(0.45, 0.62))
    out = _surface(density, width, height, palette.body(rng), rng)
    h, w = out.shape[:2]
    line, edge = max(round(0.008 * density), 1), max(round(0.03 * density), 1)
    out[:edge] *= 1.2
    out[edge : edge + 2 * line] *= 0.5
    out[h - 2 * edge :] *= 0.35
    columns, rows = max(round(width / 0.35), 2), int(rng.integers(1, 4))
    xs = np.linspace(edge, w - edge, columns + 1).round().astype(int)
    ys = np.linspace(edge + 2 * line, h - 2 * edge, rows + 1).round().astype(int)
    for top, bottom in pairwise(ys):
        for left, right in pairwise(xs):
            _bevel(out, top, bottom, left + line, right - line, line, 0.45)
            knob = ((left + right) // 2, (top + bottom) // 2)
            cv2.circle(out, knob, max(round(0.012 * density), 1), (out[edge, w // 2] * 0.4).tolist(), -1, cv2.LINE_AA)
    _put(wall, density, at, 0.0, Drawing(np.clip(out, 0.0, 1.0), np.ones((h, w), np.float32)))
    _on_top(wall, density, (at, width, h / density), palette, rng)


def _picture(wall: Float, density: float, at: float, width: float, palette: Palette, rng: np.random.Generator) -> None:
    _hang(wall, density, at, width, float(rng.uniform(0.85, 0.95)), palette, rng)


def _hang(
    wall: Float, density: float, at: float, width: float, foot: float, palette: Palette, rng: np.random.Generator
) -> None:
    """One picture, or a row of smaller ones, in frames."""
    room = wall.shape[0] / density
    count = 1 if width < 0.45 else int(rng.integers(1, 4))
    for index in range(count):
        one = width / count - (0.06 if count > 1 else 0.0)
        tall = float(min(one * rng.uniform(0.75, 1.35), room - foot - 0.12))
        if tall < 0.08 or one < 0.08:
            continue
        out = _surface(density, one, tall, palette.body(rng) * rng.choice([0.5, 1.0]), rng)
        h, w = out.shape[:2]
        frame = max(round(0.018 * density), 1)
        mat = frame + round(rng.choice([0.0, 0.14]) * min(h, w))
        _bevel(out, 0, h, 0, w, max(frame // 3, 1), -0.4)
        out[frame : h - frame, frame : w - frame] = 0.25 * palette.trim + 0.6 * palette.colours.max(axis=0)
        inner = out[mat : h - mat, mat : w - mat]
        if min(inner.shape[:2]) >= 4:
            inner[:] = _painting((inner.shape[0], inner.shape[1]), palette, rng)
        _bevel(out, frame, h - frame, frame, w - frame, max(frame // 2, 1), 0.35)
        drawing = Drawing(np.clip(out, 0.0, 1.0), np.ones((h, w), np.float32))
        _put(wall, density, at + index * width / count, foot + 0.03 * rng.uniform(-1.0, 1.0), drawing)


def _painting(shape: tuple[int, int], palette: Palette, rng: np.random.Generator) -> Float:
    """Layered shapes with brush strokes: no thing that could sound."""
    size = max(shape)
    out = np.broadcast_to(palette.pick(rng), (*shape, 3)).astype(np.float32).copy()
    slope = np.linspace(1.0, -1.0, shape[0], dtype=np.float32)[:, None]
    for level in np.linspace(0.5, -0.8, int(rng.integers(3, 6))):
        line = fractal_noise(rng, shape, 0.6 * size, 4) * 0.5
        mask = np.clip((level - slope + line) * 0.25 * shape[0], 0.0, 1.0)
        out += (palette.pick(rng) - out) * mask[..., None].astype(np.float32)
    strokes = fractal_noise(rng, (shape[0], shape[1] // 3 + 1), max(size / 14.0, 2.0), 3)
    strokes = cv2.resize(strokes, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR)
    return np.clip(out * (1.0 + 0.22 * strokes[..., None]), 0.0, 1.0)


def _curtain(wall: Float, density: float, at: float, width: float, palette: Palette, rng: np.random.Generator) -> None:
    height = wall.shape[0] / density - 0.07
    out = _surface(density, width, height, palette.body(rng), rng)
    h, w = out.shape[:2]
    folds = max(round(width / rng.uniform(0.07, 0.11)), 3)
    sway = cv2.resize(smooth_noise(rng, (4, folds)), (w, h), interpolation=cv2.INTER_CUBIC)
    phase = np.linspace(0.0, folds, w, dtype=np.float32)[None, :] + 0.35 * sway
    fold = np.sin(2.0 * np.pi * phase) + 0.35 * np.sin(4.0 * np.pi * phase + 1.0)
    depth = cv2.resize(smooth_noise(rng, (2, folds)), (w, h), interpolation=cv2.INTER_CUBIC)
    out *= (0.88 + (0.15 + 0.08 * depth) * fold)[..., None]
    rod = max(round(0.02 * density), 1)
    out[:rod] = palette.trim * 0.3
    _put(wall, density, at, 0.02, Drawing(np.clip(out, 0.0, 1.0), np.ones((h, w), np.float32)))
