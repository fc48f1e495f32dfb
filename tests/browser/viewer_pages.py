"""Little worlds to show in a browser, and what the tests do with their pages."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Page

from sonovista.geometry import direction_from_angles
from sonovista.geometry.equirectangular import pixel_angles, sample
from sonovista.scene import Gaussians, Scene, SceneDocument, Source

VIEWPORT = (320, 240)
SECONDS = 0.5
Open = Callable[..., Page]
Bare = Callable[[str], Page]


def smooth_panorama(height: int = 128) -> NDArray[np.uint8]:
    """Soft blotches of colour, different in every direction."""
    azimuth, elevation = pixel_angles(height)
    directions = direction_from_angles(azimuth[None, :], elevation[:, None])
    rng = np.random.default_rng(7)
    waves = rng.normal(size=(3, 12, 3)) * 4.0
    phases = rng.uniform(0, 2 * np.pi, (3, 12))
    values = [np.sin(directions @ waves[c].T + phases[c]).mean(axis=-1) for c in range(3)]
    return np.clip(127.5 + 330.0 * np.stack(values, axis=-1), 0, 255).astype(np.uint8)


def sphere_of_gaussians(panorama: NDArray[np.uint8], count: int = 9000, radius: float = 6.0) -> Gaussians:
    """The panorama on a sphere around the origin: round, opaque Gaussians on a Fibonacci lattice."""
    index = np.arange(count) + 0.5
    elevation = np.arcsin(1.0 - 2.0 * index / count)
    azimuth = np.mod(index * np.pi * (3.0 - np.sqrt(5.0)), 2.0 * np.pi)
    directions = direction_from_angles(azimuth, elevation)
    colours = sample(panorama, directions[None])[0].astype(np.float32) / 255.0
    spacing = radius * np.sqrt(4.0 * np.pi / count)
    return Gaussians(
        positions=(radius * directions).astype(np.float32),
        scales=np.full((count, 3), 0.7 * spacing, np.float32),
        rotations=np.tile(np.array([1.0, 0.0, 0.0, 0.0], np.float32), (count, 1)),
        opacities=np.full(count, 0.98, np.float32),
        colours=colours,
    )


def noise(seed: int, seconds: float = 0.5) -> NDArray[np.float32]:
    return (0.1 * np.random.default_rng(seed).standard_normal(int(48_000 * seconds))).clip(-0.9, 0.9).astype(np.float32)


def placed(identifier: str, kind: str, **fields: object) -> Source:
    return Source.model_validate(
        {"id": identifier, "label": identifier.capitalize(), "kind": kind, "sound": f"sounds/{identifier}.flac"}
        | fields
    )


def make_scene(sources: list[Source], **document: object) -> Scene:
    panorama = smooth_panorama()
    return Scene(
        SceneDocument.model_validate(
            {"sources": sources, "gaussians": "gaussians.ply", "panorama": "panorama.png"} | document
        ),
        sounds={source.id: noise(index) for index, source in enumerate(sources)},
        panorama=panorama,
        gaussians=sphere_of_gaussians(panorama),
    )


def step_inside(page: Page) -> None:
    """Press the start button, and wait until what covers the scene is gone."""
    page.get_by_role("button", name="Step inside").click()
    page.locator("#overlay").wait_for(state="hidden")


def render_in_page(page: Page, poses: object, seconds: float = SECONDS) -> NDArray[np.float32]:
    ears = page.evaluate(
        """async ([poses, seconds]) => {
            const ears = await window.sonovista.renderAudio(poses, seconds);
            return ears.map(ear => Array.from(ear));
        }""",
        [poses, seconds],
    )
    return np.array(ears, np.float32)


def pose(
    x: float = 0.0, y: float = 0.0, z: float = 0.0, yaw_deg: float = 0.0, pitch_deg: float = 0.0
) -> dict[str, float]:
    return {"x": x, "y": y, "z": z, "yaw": float(np.radians(yaw_deg)), "pitch": float(np.radians(pitch_deg))}
