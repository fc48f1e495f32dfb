"""A room drawn at random: its size, its openings, what hangs on its walls, what stands in it, what lights it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from sonovista.simulate.rooms import textures
from sonovista.simulate.rooms.furniture import ALONG_WALLS, PIECES, Builder
from sonovista.simulate.rooms.surfaces import Finish, Surfaces


class RoomOptions(BaseModel):
    """How rooms vary."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    shortest_side: float = Field(default=3.2, ge=2.0, le=20.0, description="Metres.")
    longest_side: float = Field(default=9.0, ge=2.0, le=20.0, description="Metres.")
    lowest: float = Field(default=2.4, ge=2.0, le=10.0, description="Metres from floor to ceiling.")
    highest: float = Field(default=3.6, ge=2.0, le=10.0, description="Metres from floor to ceiling.")
    along_walls: int = Field(default=8, ge=0, le=40, description="Attempts to put a piece of furniture at a wall.")
    in_the_middle: int = Field(default=2, ge=0, le=10, description="Attempts to put one elsewhere.")
    on_walls: int = Field(default=9, ge=0, le=40, description="Attempts to hang a picture.")


@dataclass(frozen=True)
class Lamp:
    """A rectangle that gives light downward or into the room, `corner + a u + b v`; RGB power."""

    corner: NDArray[np.float64]
    u: NDArray[np.float64]
    v: NDArray[np.float64]
    colour: NDArray[np.float64]


@dataclass(frozen=True)
class RoomLayout:
    """A furnished room: floor at z = 0, one corner at the origin, walls along x and y, metres.

    Attributes:
        size: metres along x, y, z, shape `(3,)`.
        surfaces: textured rectangles and footprints.
        textures: sRGB in [0, 1], shape `(T, 512, 512, 3)`, float32.
        lamps: what lights it.
        ambient: RGB radiance that reaches every corner.
    """

    size: NDArray[np.float64]
    surfaces: Surfaces
    textures: NDArray[np.float32]
    lamps: list[Lamp]
    ambient: NDArray[np.float64]


class _Palette:
    """Textures as they are needed, each kind made a few times at most."""

    def __init__(self, rng: np.random.Generator, photographs: NDArray[np.float32] | None) -> None:
        self._rng, self._photographs = rng, photographs
        self.pictures: list[NDArray[np.float32]] = []
        self._known: dict[str, list[int]] = {}

    def of(self, *makers: Callable[[np.random.Generator], textures.Texture], most: int = 1) -> int:
        """Index of a texture by one of the makers; at most `most` of its kind are ever made."""
        maker = makers[self._rng.integers(len(makers))]
        known = self._known.setdefault(maker.__name__, [])
        if len(known) < most:
            self.pictures.append(maker(self._rng))
            known.append(len(self.pictures) - 1)
            return known[-1]
        return known[self._rng.integers(len(known))]

    def picture(self) -> int:
        """Index of a new picture for a wall: a photograph where there are any, else a painting."""
        if self._photographs is not None and self._rng.random() < 0.7:
            photograph = self._photographs[self._rng.integers(len(self._photographs))]
            self.pictures.append(textures.framed(photograph, self._rng))
            return len(self.pictures) - 1
        return self.of(textures.painting, most=5)


def draw_room(
    rng: np.random.Generator, options: RoomOptions | None = None, photographs: NDArray[np.float32] | None = None
) -> RoomLayout:
    """Draw a furnished room.

    Args:
        rng: decides everything.
        options: how rooms vary.
        photographs: sRGB in [0, 1], shape `(N, 512, 512, 3)`, that may hang on the walls.
    """
    options = options or RoomOptions()
    size = np.array(
        [
            rng.uniform(options.shortest_side, options.longest_side),
            rng.uniform(options.shortest_side, min(options.longest_side, 7.0)),
            rng.uniform(options.lowest, options.highest),
        ]
    )
    surfaces, palette = Surfaces(), _Palette(rng, photographs)
    _shell(size, surfaces, palette, rng)
    lamps = _ceiling_lamps(size, surfaces, palette, rng)
    openings = _Walls(size, surfaces, rng)
    lamps += _doors_and_windows(openings, palette, rng)
    _furnish(size, surfaces, palette, rng, options)
    _hang_pictures(openings, palette, rng, options.on_walls)
    ambient = rng.uniform(0.12, 0.3) * np.ones(3)
    return RoomLayout(size, surfaces, np.stack(palette.pictures), lamps, ambient)


def _shell(size: NDArray[np.float64], surfaces: Surfaces, palette: _Palette, rng: np.random.Generator) -> None:
    x, y, z = size
    floor = Finish(palette.of(*textures.FLOORS), rng.uniform(0.8, 2.4))
    middle = 0.5 * size
    surfaces.add((0, 0, 0), (x, 0, 0), (0, y, 0), floor, middle)
    white = Finish(palette.of(textures.plaster, most=3), 2.0, (1.1, 1.1, 1.1))
    surfaces.add((0, 0, z), (x, 0, 0), (0, y, 0), white, middle)
    common = palette.of(*textures.WALLS)
    for corner, edge in (((0, 0), (x, 0)), ((x, 0), (0, y)), ((x, y), (-x, 0)), ((0, y), (0, -y))):
        texture = common if rng.random() < 0.65 else palette.of(*textures.WALLS, most=2)
        tint = tuple((rng.uniform(0.75, 1.1) * rng.uniform(0.92, 1.08, 3)).tolist())
        surfaces.add((*corner, z), (*edge, 0), (0, 0, -z), Finish(texture, rng.uniform(1.2, 2.8), tint), middle)
    skirting, trim = rng.uniform(0.05, 0.14), Finish(palette.of(textures.wood), 1.0, (1.3, 1.3, 1.3))
    for low, high in (
        ((0, 0, 0), (x, 0.015, skirting)),
        ((0, y - 0.015, 0), (x, y, skirting)),
        ((0, 0, 0), (0.015, y, skirting)),
        ((x - 0.015, 0, 0), (x, y, skirting)),
    ):
        surfaces.add_box(low, high, trim)


def _ceiling_lamps(
    size: NDArray[np.float64], surfaces: Surfaces, palette: _Palette, rng: np.random.Generator
) -> list[Lamp]:
    lamps = []
    white = palette.of(textures.plaster, most=3)
    for _ in range(int(rng.integers(1, 4))):
        side = rng.uniform(0.2, 0.8)
        low = np.array([rng.uniform(0.5, s - 0.5 - side) for s in size[:2]])
        drop = rng.choice([0.03, rng.uniform(0.2, 0.7)])
        z = size[2] - drop
        warmth = np.array([1.0, rng.uniform(0.8, 1.0), rng.uniform(0.55, 1.0)])
        surfaces.add_box((*low, z), (*(low + side), z + 0.03), Finish(white, 1.0, (1.0, 1.0, 1.0), 1.5))
        if drop > 0.1:
            middle = low + 0.5 * side
            surfaces.add_box((*(middle - 0.01), z), (*(middle + 0.01), size[2]), Finish(white, 1.0, (0.2, 0.2, 0.2)))
        power = warmth * rng.uniform(1.5, 4.0)
        lamps.append(Lamp(np.array([*low, z - 0.01]), np.array([side, 0.0, 0.0]), np.array([0.0, side, 0.0]), power))
    return lamps


class _Walls:
    """Free places on the four walls, for things that must not overlap."""

    def __init__(self, size: NDArray[np.float64], surfaces: Surfaces, rng: np.random.Generator) -> None:
        self.size, self.surfaces, self._rng = size, surfaces, rng
        self._taken: list[tuple[int, float, float, float, float]] = []

    def place(self, width: float, low: float, high: float) -> tuple[int, float] | None:
        """A wall (0 to 3: y = 0, x = end, y = end, x = 0) and where along it; None where there is no room."""
        wall = int(self._rng.integers(4))
        length = self.size[wall % 2]
        if width + 0.3 > length or high > self.size[2] - 0.05:
            return None
        start = self._rng.uniform(0.15, length - 0.15 - width)
        box = (wall, start - 0.08, start + width + 0.08, low - 0.05, high + 0.05)
        for other in self._taken:
            if other[0] == wall and box[1] < other[2] and other[1] < box[2] and box[3] < other[4] and other[3] < box[4]:
                return None
        self._taken.append(box)
        return wall, start

    def add(
        self, wall: int, start: float, width: float, low: float, high: float, thick: float, face: Finish, rim: Finish
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Put a flat box on a wall, its face upright and unmirrored; the face's corner and its two edges."""
        x, y, _ = self.size
        corners = (((0.0, 0.0), (1.0, 0.0)), ((x, 0.0), (0.0, 1.0)), ((x, y), (-1.0, 0.0)), ((0.0, y), (0.0, -1.0)))
        origin, along = np.array(corners[wall][0]), np.array(corners[wall][1])
        inward = np.array([-along[1], along[0]])
        near, far = origin + along * start, origin + along * (start + width)
        a, b = np.minimum(near, far + inward * thick), np.maximum(near, far + inward * thick)
        a, b = np.minimum(a, b), np.maximum(a, b)
        self.surfaces.add_box((*a, low), (*b, high), rim)
        # Seen from inside, the wall's start is at the right.
        corner = np.array([*(far + inward * (thick + 0.003)), high])
        u, v = np.array([*(near - far), 0.0]), np.array([0.0, 0.0, low - high])
        self.surfaces.add(corner, u, v, face, 0.5 * self.size)
        return corner, u, v


def _doors_and_windows(walls: _Walls, palette: _Palette, rng: np.random.Generator) -> list[Lamp]:
    lamps = []
    rim = Finish(palette.of(textures.wood), 1.0)
    for _ in range(int(rng.integers(1, 3))):
        width, height = rng.uniform(0.75, 1.0), min(rng.uniform(1.95, 2.15), walls.size[2] - 0.1)
        found = walls.place(width, 0.0, height)
        if found:
            walls.add(*found, width, 0.0, height, 0.03, Finish(palette.of(textures.panelled, most=3), 0.0), rim)
    for _ in range(int(rng.integers(1, 5))):
        width, low = rng.uniform(0.7, 2.2), rng.uniform(0.75, 1.1)
        high = min(low + rng.uniform(0.8, 1.5), walls.size[2] - 0.15)
        found = walls.place(width, low, high)
        if found:
            bright = rng.uniform(0.5, 1.6)
            view = Finish(palette.of(textures.view_outside, most=3), 0.0, (1.0, 1.0, 1.0), bright)
            corner, u, v = walls.add(*found, width, low, high, 0.04, view, rim)
            lamps.append(Lamp(corner, u, v, bright * np.array([1.6, 1.8, 2.0])))
    return lamps


def _hang_pictures(walls: _Walls, palette: _Palette, rng: np.random.Generator, attempts: int) -> None:
    rim = Finish(palette.of(textures.wood), 1.0, (0.6, 0.6, 0.6))
    for _ in range(attempts):
        width, height = rng.uniform(0.3, 1.5), rng.uniform(0.3, 1.1)
        middle = rng.uniform(1.2, 1.8)
        found = walls.place(width, middle - 0.5 * height, middle + 0.5 * height)
        if found:
            face = Finish(palette.picture(), 0.0)
            walls.add(*found, width, middle - 0.5 * height, middle + 0.5 * height, 0.02, face, rim)


def _furnish(
    size: NDArray[np.float64], surfaces: Surfaces, palette: _Palette, rng: np.random.Generator, options: RoomOptions
) -> None:
    if rng.random() < 0.6:
        half = np.array([rng.uniform(0.7, 1.4), rng.uniform(0.5, 1.0)])
        middle = 0.5 * size[:2] + rng.uniform(-0.5, 0.5, 2)
        low, high = np.maximum(middle - half, 0.1), np.minimum(middle + half, size[:2] - 0.1)
        surfaces.add_box((*low, 0.0), (*high, 0.008), Finish(palette.of(textures.cloth, most=4), rng.uniform(0.6, 2.0)))
    for attempt in range(options.along_walls + options.in_the_middle):
        at_wall = attempt < options.along_walls
        name = str(rng.choice(ALONG_WALLS if at_wall else ("table", "chair", "chair")))
        piece, facing = Surfaces(), int(rng.integers(4))
        finish = Finish(palette.of(*textures.FURNITURE, most=2), rng.uniform(0.5, 1.5))
        second = {"bookshelf": textures.books, "cabinet": textures.panelled}.get(name, textures.cloth)
        stretched = 0.0 if name in ("bookshelf", "cabinet") else rng.uniform(0.4, 1.2)
        other = Finish(palette.of(second, most=3), stretched, tuple(rng.uniform(0.7, 1.2, 3).tolist()))
        depth, width = PIECES[name](Builder(piece, facing), rng, finish, other)
        place = _find_place(size, surfaces, rng, (depth, width), facing, at_wall)
        if place is not None:
            surfaces.add_all(piece, *place)


def _find_place(
    size: NDArray[np.float64],
    surfaces: Surfaces,
    rng: np.random.Generator,
    depth_and_width: tuple[float, float],
    facing: int,
    at_wall: bool,
) -> tuple[float, float] | None:
    """Where a piece fits: its back to a wall or free in the room, 0.1 m from all others, the middle left walkable."""
    extent = np.array(depth_and_width if facing % 2 == 0 else depth_and_width[::-1])
    if (extent + 0.2 > size[:2]).any():
        return None
    for _ in range(6):
        centre = rng.uniform(0.5 * extent + 0.05, size[:2] - 0.5 * extent - 0.05)
        if at_wall:
            axis = facing % 2
            centre[axis] = 0.5 * extent[axis] + 0.03 if facing < 2 else size[axis] - 0.5 * extent[axis] - 0.03
        low, high = centre - 0.5 * extent - 0.1, centre + 0.5 * extent + 0.1
        clash = any(
            low[0] < x1 and x0 < high[0] and low[1] < y1 and y0 < high[1] for x0, x1, y0, y1, _ in surfaces.footprints
        )
        if not clash:
            return float(centre[0]), float(centre[1])
    return None
