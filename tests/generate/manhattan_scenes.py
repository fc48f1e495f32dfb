"""Pictures of rooms and street canyons, ray-cast at a known pitch, roll and field of view."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from sonovista.geometry import PerspectiveCamera

_TEXELS = 256
_TEXEL_METRES = 8.0


@dataclass(frozen=True)
class RenderedPhoto:
    image: NDArray[np.uint8]
    camera: PerspectiveCamera
    kind: str


def render_manhattan_photo(seed: int, longer_side: int = 640, clutter: bool = True) -> RenderedPhoto:
    """A random room or street under a random camera: pitch +-25, roll +-10, horizontal FOV 40 to 90 degrees."""
    random = np.random.default_rng(seed)
    kind = ("room", "canyon")[seed % 2]
    portrait = random.random() < 0.25
    width, height = (longer_side * 3 // 4, longer_side) if portrait else (longer_side, longer_side * 3 // 4)
    camera = PerspectiveCamera(
        width,
        height,
        float(np.deg2rad(random.uniform(40.0, 90.0))),
        yaw=float(random.uniform(-np.pi, np.pi)) if kind == "room" else float(np.deg2rad(random.uniform(-40.0, 40.0))),
        pitch=float(np.deg2rad(random.uniform(-25.0, 25.0))),
        roll=float(np.deg2rad(random.uniform(-10.0, 10.0))),
    )
    boxes = _room(random) if kind == "room" else _canyon(random)
    image = _ray_cast(boxes, camera, random)
    if clutter:
        _add_clutter(image, random)
    image = cv2.GaussianBlur(image, (0, 0), 0.6)
    image += random.normal(0.0, 4.0, image.shape)
    return RenderedPhoto(np.clip(image, 0, 255).astype(np.uint8), camera, kind)


def _room(random: np.random.Generator) -> NDArray[np.float64]:
    """Boxes as (low, high) corners, the room itself first: rays leave it from inside."""
    x, y = random.uniform(2.0, 5.0, 2), random.uniform(1.5, 4.0, 2)
    room = [[[-x[0], -y[0], -1.5], [x[1], y[1], random.uniform(1.0, 2.0)]]]
    for _ in range(5):
        centre = random.uniform([-x[0], -y[0]], [x[1], y[1]])
        if np.linalg.norm(centre) > 1.4:
            half = random.uniform(0.2, 0.7, 2)
            room.append([[*(centre - half), -1.5], [*(centre + half), random.uniform(-1.1, 0.6)]])
    return np.array(room)


def _canyon(random: np.random.Generator) -> NDArray[np.float64]:
    """A street along x: the ground and the sky are faces of a very large box."""
    boxes = [[[-300.0, -300.0, -1.6], [300.0, 300.0, 200.0]]]
    for side in (-1.0, 1.0):
        x = -20.0
        while x < 60.0:
            length, setback = random.uniform(6.0, 18.0), random.uniform(4.0, 9.0)
            top = random.uniform(5.0, 22.0)
            low, high = sorted([side * setback, side * (setback + 15.0)])
            boxes.append([[x, low, -1.6], [x + length, high, top]])
            x += length + float(random.choice([0.0, 4.0]))
    return np.array(boxes)


def _texture(random: np.random.Generator) -> NDArray[np.float32]:
    """A wall with rows of windows, boards or tiles, or bare plaster; 8 m wide and high, RGB."""
    base = random.uniform(70.0, 200.0, 3)
    texture = np.empty((_TEXELS, _TEXELS, 3), np.float32)
    texture[:] = base
    grain = cv2.resize(random.normal(0.0, 14.0, (32, 32)).astype(np.float32), (_TEXELS, _TEXELS))
    texture += grain[..., None]
    style = random.choice(["windows", "tiles", "plain", "boards"], p=[0.5, 0.15, 0.2, 0.15])
    if style == "windows":
        pitch = int(random.integers(50, 90))
        wide, tall = int(pitch * random.uniform(0.35, 0.6)), int(pitch * random.uniform(0.4, 0.7))
        shade = random.uniform(10.0, 250.0, 3)
        for top in range(10, _TEXELS - tall, pitch):
            for left in range(8, _TEXELS - wide, pitch):
                texture[top : top + tall, left : left + wide] = shade
                texture[top + tall // 2 : top + tall // 2 + 3, left : left + wide] = base
    elif style == "tiles":
        texture[:: int(random.integers(24, 50))] *= 0.5
        texture[:, :: int(random.integers(24, 50))] *= 0.5
    elif style == "boards":
        for left in range(0, _TEXELS, 32):
            texture[:, left : left + 32] *= float(random.uniform(0.7, 1.2))
    return texture


def _ray_cast(boxes: NDArray[np.float64], camera: PerspectiveCamera, random: np.random.Generator) -> NDArray:
    """Twice as many samples along each side as pixels, averaged."""
    fine = PerspectiveCamera(
        2 * camera.width, 2 * camera.height, camera.horizontal_fov, camera.yaw, camera.pitch, camera.roll
    )
    rays = fine.ray_directions().reshape(-1, 3).astype(np.float32)
    inverse = 1.0 / np.where(np.abs(rays) < 1e-6, 1e-6, rays)
    nearest = np.full(len(rays), np.inf, np.float32)
    colour = np.zeros((len(rays), 3), np.float32)
    for number, (low, high) in enumerate(boxes.astype(np.float32)):
        one, other = low * inverse, high * inverse
        enter, leave = np.minimum(one, other), np.maximum(one, other)
        if number == 0:
            distance, axis = leave.min(axis=1), leave.argmin(axis=1)
            hit = np.ones(len(rays), bool)
        else:
            distance, axis = enter.max(axis=1), enter.argmax(axis=1)
            hit = (distance > 0.05) & (distance < leave.min(axis=1)) & (distance < nearest)
        for face in range(6):
            on = np.flatnonzero(hit & (axis == face // 2) & ((rays[:, face // 2] > 0) == bool(face % 2)))
            if len(on) == 0:
                continue
            points = distance[on, None] * rays[on]
            across, up = [(1, 2), (0, 2), (0, 1)][face // 2]
            u = np.mod((points[:, across] - low[across]) * (_TEXELS / _TEXEL_METRES), _TEXELS).astype(np.intp)
            v = np.mod((high[up] - points[:, up]) * (_TEXELS / _TEXEL_METRES), _TEXELS).astype(np.intp)
            far = distance[on, None] > 150.0
            shade = np.float32(random.uniform(0.6, 1.1))
            sky = np.array([180.0, 205.0, 235.0], np.float32)
            colour[on] = np.where(far, sky, _texture(random)[v, u] * shade)
        nearest[hit] = distance[hit]
    picture = colour.reshape(fine.height, fine.width, 3)
    return cv2.resize(picture, (camera.width, camera.height), interpolation=cv2.INTER_AREA)


def _add_clutter(image: NDArray[np.float32], random: np.random.Generator) -> None:
    """Round shapes and straight strokes in directions that mean nothing: people, leaves, cables."""
    height, width = image.shape[:2]
    for _ in range(6):
        centre = (int(random.uniform(0, width)), int(random.uniform(0.4 * height, height)))
        axes = (int(random.uniform(8, 40)), int(random.uniform(15, 70)))
        colour = tuple(float(value) for value in random.uniform(0, 255, 3))
        cv2.ellipse(image, centre, axes, float(random.uniform(-30, 30)), 0, 360, colour, -1, cv2.LINE_AA)
    for _ in range(12):
        start = random.uniform([0, 0], [width, height])
        angle, length = random.uniform(0, np.pi), random.uniform(0.03, 0.12) * width
        end = start + length * np.array([np.cos(angle), np.sin(angle)])
        colour = tuple(float(value) for value in random.uniform(0, 255, 3))
        cv2.line(image, tuple(map(int, start)), tuple(map(int, end)), colour, int(random.integers(1, 4)), cv2.LINE_AA)
