"""Whole scenes: a ground, its weather, and what stands on it, at random from a seed."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sonovista.heads.outdoor.gear import gear
from sonovista.heads.outdoor.ground import NO_WATER, Ground, draw_ground
from sonovista.heads.outdoor.shapes import FURS, Look, Shapes, animal, drawn_colour, frame, house, person, tree
from sonovista.heads.outdoor.texturing import fractal_noise, patch, procedural, pyramid
from sonovista.heads.outdoor.weather import Weather, draw_weather

TEXTURES = 7
"""Of every scene."""
KINDS = ("grain", "grain", "grain", "grain", "bricks", "spots", "plain", "plain")
SOIL_KINDS = ("grain", "grain", "grain", "plain", "stripes")
SOILS = ((0.13, 0.2, 0.05), (0.2, 0.22, 0.08), (0.25, 0.19, 0.12), (0.4, 0.34, 0.24), (0.22, 0.22, 0.22))


@dataclass(frozen=True)
class Material:
    """What a scene is textured with.

    Attributes:
        photos: RGB, from which patches are taken.
        cutouts: RGBA of things cut out of photos, each `(S, S, 4)`, uint8, with their width over height.
    """

    photos: list[NDArray[np.uint8]] = field(default_factory=list)
    cutouts: list[tuple[NDArray[np.uint8], float]] = field(default_factory=list)


@dataclass(frozen=True)
class Scene:
    """A scene that can be rendered from around its origin.

    Attributes:
        kind: of ground.
        ground: heights.
        weather: light and sky.
        shapes: what stands there.
        levels: textures, of `pyramid`.
        soils: three looks: even ground, steep ground, the strip of road or path.
        road: half its width in metres, 0 for none; its direction in radians.
        snow: share of even ground under snow, in [0, 1].
        cutouts: pictures of the shapes' cut-outs, `(A, S, S, 4)`, uint8.
        lamps: places and RGB power of lamps at night, `(L, 6)`.
        noise: a tile of fractal noise.
        shadows: of `rendering.shadow_map`, where it is known already.
    """

    kind: str
    ground: Ground
    weather: Weather
    shapes: Shapes
    levels: NDArray[np.float32]
    soils: tuple[Look, Look, Look]
    road: tuple[float, float]
    snow: float
    cutouts: NDArray[np.uint8]
    lamps: NDArray[np.float64]
    noise: NDArray[np.float32]
    shadows: NDArray[np.float32] | None = None


class _Planter:
    """Puts things on the ground of one scene."""

    def __init__(self, rng: np.random.Generator, ground: Ground, textures: int, forward: float) -> None:
        self.rng, self.ground, self.textures, self.forward = rng, ground, textures, forward
        self.shapes = Shapes()
        self.lamps: list[NDArray[np.float64]] = []

    def texture(self) -> int:
        return int(self.rng.integers(self.textures))

    def foot(self, nearest: float, farthest: float, dry: bool = True) -> NDArray[np.float64] | None:
        """A place before the camera, even in log distance; None where it is under water."""
        r = float(np.exp(self.rng.uniform(np.log(nearest), np.log(farthest))))
        angle = self.forward + self.rng.normal(0, 0.45)
        x, y = r * np.cos(angle), r * np.sin(angle)
        z = float(self.ground.height(np.array([[x]]), np.array([[y]]))[0, 0])
        if z < self.ground.water:
            return None if dry else np.array([x, y, self.ground.water])
        return np.array([x, y, z])

    def trees(self, count: int, nearest: float, farthest: float) -> None:
        bark, leaf = self.texture(), [self.texture() for _ in range(2)]
        tall = self.rng.uniform(2.0, 16.0)
        for _ in range(count):
            foot = self.foot(nearest, farthest)
            if foot is not None:
                size = tall * np.exp(self.rng.normal(0, 0.3))
                tree(self.shapes, self.rng, foot, size, leaf[self.rng.integers(2)], bark)

    def boulders(self, count: int, nearest: float, farthest: float) -> None:
        look = Look(self.texture(), self.rng.uniform(0.4, 3.0), drawn_colour(self.rng, SOILS))
        for _ in range(count):
            foot = self.foot(nearest, farthest, dry=False)
            if foot is None:
                continue
            size = np.linalg.norm(foot[:2]) * 10 ** self.rng.uniform(-2.0, -0.7)
            axis = self.rng.normal(size=3)
            for _ in range(int(self.rng.integers(1, 4))):
                at = foot + size * self.rng.normal(0, 0.4, 3) * [1, 1, 0.3]
                self.shapes.ellipsoid(
                    at, frame(axis / np.linalg.norm(axis)), size * self.rng.uniform(0.4, 1.2, 3), look
                )

    def creatures(self, count: int, nearest: float, farthest: float) -> None:
        herd = self.rng.random() < 0.5
        texture, size = self.texture(), 10 ** self.rng.uniform(-0.7, 0.25)
        for _ in range(count):
            foot = self.foot(nearest, farthest, dry=self.rng.random() < 0.6)
            if foot is None:
                continue
            yaw = self.rng.uniform(-np.pi, np.pi)
            if self.rng.random() < 0.45:
                person(self.shapes, self.rng, foot, self.texture(), yaw)
            else:
                height = size if herd else 10 ** self.rng.uniform(-0.9, 0.3)
                animal(self.shapes, self.rng, foot, height, texture if herd else self.texture(), yaw)

    def gear(self, count: int, nearest: float, farthest: float) -> None:
        for _ in range(count):
            foot = self.foot(nearest, farthest)
            if foot is not None:
                gear(self.shapes, self.rng, foot, self.textures)

    def cutouts(self, count: int, available: list[tuple[NDArray[np.uint8], float]], nearest: float, far: float) -> None:
        for _ in range(count):
            foot = self.foot(nearest, far, dry=False)
            if foot is None:
                continue
            which = int(self.rng.integers(len(available)))
            r = float(np.linalg.norm(foot[:2]))
            height = r * self.rng.uniform(0.08, 0.9)
            turn = np.arctan2(foot[1], foot[0]) + np.pi / 2 + self.rng.normal(0, 0.3)
            edge = np.array([np.cos(turn), np.sin(turn), 0.0]) * self.rng.choice([-1.0, 1.0])
            self.shapes.cutout(foot, edge, height * available[which][1], height, which)

    def street(self, road: float) -> None:
        """Houses in two rows, lamp posts, cars."""
        c, s = np.cos(self.forward), np.sin(self.forward)
        for side in (-1, 1):
            x = self.rng.uniform(-12, 6)
            gap = road + self.rng.uniform(1.0, 6.0)
            while x < 160:
                length, deep = self.rng.uniform(3.5, 12), self.rng.uniform(3.5, 8)
                back = side * (gap + deep + self.rng.uniform(0, 0.5))
                foot = np.array([c * (x + length) - s * back, s * (x + length) + c * back, 0.0])
                foot[2] = float(self.ground.height(foot[:1, None], foot[1:2, None])[0, 0])
                if self.rng.random() < 0.9:
                    house(self.shapes, self.rng, foot, (length, deep), self.forward, self.texture(), self.texture())
                x += 2 * length + (self.rng.uniform(0.5, 8) if self.rng.random() < 0.3 else 0.02)
        for _ in range(int(self.rng.integers(0, 14))):
            x, y = self.rng.uniform(3, 90), self.rng.choice([-1, 1]) * self.rng.uniform(0.7, 1.0) * road
            self.car(np.array([c * x - s * y, s * x + c * y, 0.0]))

    def car(self, foot: NDArray[np.float64]) -> None:
        foot[2] = float(self.ground.height(foot[:1, None], foot[1:2, None])[0, 0])
        paint = Look(self.texture(), 30.0, tuple(self.rng.uniform(0.03, 1.2, 3).tolist()))
        glass = Look(self.texture(), 30.0, (0.05, 0.06, 0.08))
        long, high = self.rng.uniform(1.8, 2.6), self.rng.uniform(0.3, 0.6)
        self.shapes.prism(foot + np.array([0, 0, 0.3]), (long, 0.85, high), self.forward, paint, 0.08, 0.1)
        self.shapes.prism(
            foot + np.array([0, 0, 0.3 + 2 * high]), (0.55 * long, 0.75, 0.28), self.forward, glass, 0.4, 0.6
        )
        c, s = np.cos(self.forward), np.sin(self.forward)
        for a in (-0.6, 0.6):
            for b in (-0.8, 0.8):
                wheel = foot + np.array([c * a * long - s * b, s * a * long + c * b, 0.32])
                self.shapes.ellipsoid(wheel, np.eye(3), (0.32, 0.32, 0.32), glass)

    def posts(self, count: int, nearest: float, farthest: float) -> None:
        """Posts, columns, fences and walls."""
        for _ in range(count):
            foot = self.foot(nearest, farthest)
            if foot is None:
                continue
            look = Look(self.texture(), self.rng.uniform(0.3, 2.0), drawn_colour(self.rng, FURS))
            high = self.rng.uniform(0.4, 6.0)
            half = (self.rng.uniform(0.02, 0.4), self.rng.uniform(0.02, 0.3), 0.5 * high)
            if self.rng.random() < 0.3:
                half = (self.rng.uniform(0.5, 8.0), 0.15, 0.2 * high)
            self.shapes.prism(foot - [0, 0, 0.3], half, self.rng.uniform(-np.pi, np.pi), look)
            if self.rng.random() < 0.3:
                power = self.rng.uniform(0.5, 6.0) * np.array([1.0, 0.8, 0.5])
                self.lamps.append(np.concatenate([foot + np.array([0, 0, high]), power]))


def draw_scene(seed: int, material: Material | None = None) -> tuple[Scene, float]:
    """Draw a scene.

    Args:
        seed: decides everything.
        material: photos and cut-outs; without them all textures are procedural.

    Returns:
        The scene, and the direction to look in, radians of azimuth.
    """
    material = material or Material()
    rng = np.random.default_rng([seed, 77])
    noise = fractal_noise(rng, 512, 1.7)
    kind = str(
        rng.choice(["plain", "hills", "mountains", "shore", "gorge", "street"], p=[0.2, 0.16, 0.18, 0.16, 0.08, 0.22])
    )
    ground = draw_ground(rng, noise, kind)
    forward = float(rng.uniform(-np.pi, np.pi))
    textures = [
        patch(rng, material.photos[rng.integers(len(material.photos))])
        if material.photos and rng.random() < (0.3 if k < 2 else 0.5)
        else procedural(rng, str(rng.choice(SOIL_KINDS if k < 2 else KINDS)))
        for k in range(TEXTURES)
    ]
    plant = _Planter(rng, ground, len(textures), forward)
    road = (float(rng.uniform(2.5, 8.0)), forward) if kind == "street" else (0.0, forward)
    if kind == "street":
        plant.street(road[0])
    elif rng.random() < 0.35:
        road = (float(rng.uniform(0.4, 3.0)), forward + float(rng.normal(0, 0.3)))
    _furnish(plant, rng, kind, material)
    looks = [Look(k % 2, float(rng.uniform(0.5, 6.0)), drawn_colour(rng, SOILS)) for k in range(3)]
    snow = float(rng.uniform(0.3, 1.0)) if rng.random() < 0.12 else 0.0
    used = np.stack([c[0] for c in material.cutouts]) if plant.shapes.cut_which else np.zeros((1, 8, 8, 4), np.uint8)
    lamps = np.array(plant.lamps).reshape(-1, 6)
    levels = pyramid(np.stack(textures))
    soils = (looks[0], looks[1], looks[2])
    return Scene(kind, ground, draw_weather(rng), plant.shapes, levels, soils, road, snow, used, lamps, noise), forward


def _furnish(plant: _Planter, rng: np.random.Generator, kind: str, material: Material) -> None:
    wooded = rng.random()
    if wooded < 0.75:
        most = 12 if kind == "street" else 60
        plant.trees(int(rng.integers(1, most)), 10 ** rng.uniform(0.5, 1.2), 10 ** rng.uniform(1.5, 2.5))
    if rng.random() < 0.4:
        plant.boulders(int(rng.integers(1, 40)), 1.0, 60.0)
    if rng.random() < 0.5:
        plant.creatures(int(rng.integers(1, 9)), 2.0, 10 ** rng.uniform(0.8, 1.6))
    if material.cutouts and rng.random() < 0.5:
        plant.cutouts(int(rng.integers(1, 5)), material.cutouts, 1.5, 30.0)
    if rng.random() < 0.35:
        plant.posts(int(rng.integers(1, 14)), 2.0, 50.0)
    if kind != "street" and rng.random() < 0.35:
        for _ in range(int(rng.integers(1, 8))):
            foot = plant.foot(12.0, 200.0)
            if foot is not None:
                half = (float(rng.uniform(3, 14)), float(rng.uniform(3, 9)))
                house(plant.shapes, rng, foot, half, float(rng.uniform(-3, 3)), plant.texture(), plant.texture())
    if plant.ground.water > NO_WATER and rng.random() < 0.3:
        plant.creatures(int(rng.integers(1, 5)), 2.0, 15.0)
    if rng.random() < 0.3:
        plant.gear(int(rng.integers(1, 5)), 1.5, 12.0)
