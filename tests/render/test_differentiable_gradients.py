"""Analytic gradients equal numerical ones for everything that a scene's sound depends on, in float64."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from acoustic_scenes import ambient, area, point, scene_of

from sonovista.geometry import rotation_from_yaw_pitch_roll

torch = pytest.importorskip("torch")

from sonovista.acoustics.late_tail import tail_noise_bands  # noqa: E402
from sonovista.render.air_filter import air_filter_table  # noqa: E402
from sonovista.render.differentiable import (  # noqa: E402
    SceneTensors,
    render,
    source_coefficients,
    spherical_harmonics,
    tensors_of_scene,
)
from sonovista.render.differentiable.propagation import Visibility  # noqa: E402
from sonovista.render.differentiable.reverberation import (  # noqa: E402
    Reverberation,
    equivalent_absorption_area,
    reverberation_times,
    tail_level,
)
from sonovista.scene.document import Air  # noqa: E402

BLOCKS, BLOCK_SIZE = 3, 8
DOUBLE = torch.float64


@pytest.fixture(scope="module")
def scene() -> SceneTensors:
    """A point, a point within the minimum distance, an area and ambience, with all acoustics; short filters."""
    document = scene_of(
        point("far", [2.0, 1.0, 0.5]),
        point("near", [0.15, -0.1, 0.05]),
        area("pond", [[1.0, -2.0, 0.0], [1.5, -2.0, 0.2], [1.0, -1.0, -0.3]]),
        ambient(),
        samples=11,
    )
    tensors = tensors_of_scene(document, 2, dtype=DOUBLE)
    noise = torch.tensor(tail_noise_bands(48_000, 20).copy())
    rt60 = torch.linspace(0.01, 0.03, 8, dtype=DOUBLE)
    room = Reverberation(
        rt60,
        torch.linspace(0.5, 1.5, 8, dtype=DOUBLE),
        noise,
        coherence=torch.linspace(1.0, -0.2, 21, dtype=DOUBLE),
        delay=2,
        centre=torch.tensor([0.5, 0.0, 0.0], dtype=DOUBLE),
        size=torch.tensor([2.0, 3.0, 2.5], dtype=DOUBLE),
        yaw=0.3,
    )
    generator = np.random.default_rng(7)
    obstacles = Visibility(
        torch.tensor(generator.uniform(0.1, 0.9, (4, 3, 3, 3))), torch.tensor([-0.5, -0.45, -0.55], dtype=DOUBLE), 0.4
    )
    return replace(
        tensors,
        filters=tensors.filters[..., 60:72].clone(),
        propagation_delay=True,
        air=torch.tensor(air_filter_table(Air(), 48_000).astype(float)),
        obstacles=obstacles,
        reverberation=room,
        diffuse_filters=torch.tensor(generator.normal(size=(2, 9))),
        diffuse_delay=-3,
    )


@pytest.fixture(scope="module")
def path() -> tuple[Any, Any]:
    positions = np.random.default_rng(4).normal(size=(BLOCKS + 1, 3)) * 0.02
    rotations = [rotation_from_yaw_pitch_roll(0.2 * i, 0.1 * i, 0.05) for i in range(BLOCKS + 1)]
    return torch.tensor(positions), torch.tensor(np.stack(rotations))


def _with(scene: SceneTensors, name: str, value: Any) -> SceneTensors:
    if name in ("rt60_s", "level", "size", "centre"):
        assert scene.reverberation is not None
        return replace(scene, reverberation=replace(scene.reverberation, **{name: value}))
    if name == "visibility":
        assert scene.obstacles is not None
        return replace(scene, obstacles=replace(scene.obstacles, values=value))
    if name.startswith(("sounds", "points")):
        field, index = name.split()
        values = list(getattr(scene, field))
        values[int(index)] = value
        return replace(scene, **{field: tuple(values)})
    return replace(scene, **{name: value})


def _value(scene: SceneTensors, name: str) -> Any:
    if name in ("rt60_s", "level", "size", "centre"):
        return getattr(scene.reverberation, name)
    if name == "visibility":
        assert scene.obstacles is not None
        return scene.obstacles.values
    if name.startswith(("sounds", "points")):
        field, index = name.split()
        return getattr(scene, field)[int(index)]
    return getattr(scene, name)


def _check(function: Callable[..., Any], *values: Any) -> bool:
    inputs = tuple(value.detach().clone().requires_grad_() for value in values)
    return torch.autograd.gradcheck(function, inputs, eps=1e-6, atol=1e-6, rtol=1e-4)


SCENE_QUANTITIES = (
    "sounds 0",
    "sounds 3",
    "gains",
    "points 0",
    "points 1",
    "points 2",
    "absorption_per_metre",
    "minimum_distance",
    "speed_of_sound",
    "listener_gain",
    "filters",
    "rt60_s",
    "level",
    "size",
    "centre",
    "air",
    "visibility",
    "diffuse_filters",
)


@pytest.mark.parametrize("name", SCENE_QUANTITIES)
def test_gradient_of_what_is_heard_by_a_quantity_of_the_scene(
    scene: SceneTensors, path: tuple[Any, Any], name: str
) -> None:
    assert _check(lambda value: render(_with(scene, name, value), *path, BLOCK_SIZE), _value(scene, name))


@pytest.mark.parametrize("name", ["points 0", "points 1", "points 2", "minimum_distance", "gains"])
def test_gradient_of_dry_sound(scene: SceneTensors, path: tuple[Any, Any], name: str) -> None:
    dry = replace(scene, propagation_delay=False, reverberation=None, air=None, obstacles=None)
    assert _check(lambda value: render(_with(dry, name, value), *path, BLOCK_SIZE), _value(dry, name))


def test_gradient_by_how_sources_move(scene: SceneTensors, path: tuple[Any, Any]) -> None:
    shifts = torch.tensor(np.random.default_rng(5).normal(size=(BLOCKS + 1, 4, 3)) * 0.01)
    assert _check(lambda moved: render(scene, *path, BLOCK_SIZE, moved), shifts)


def test_gradient_by_the_listeners_path(scene: SceneTensors, path: tuple[Any, Any]) -> None:
    assert _check(lambda positions, rotations: render(scene, positions, rotations, BLOCK_SIZE), *path)


def test_gradient_by_walls_and_size_of_a_room(rng: np.random.Generator) -> None:
    size, absorption = torch.tensor([6.0, 5.0, 3.0], dtype=DOUBLE), torch.tensor(rng.uniform(0.05, 0.6, (6, 8)))
    assert _check(reverberation_times, size, absorption)
    assert _check(equivalent_absorption_area, size, absorption)
    assert _check(lambda sides: tail_level(sides.prod(), 48_000), size)


@pytest.mark.parametrize("direction", [(0.0, 0.0, 1.0), (0.0, 0.0, -1.0), (1.0, 0.0, 0.0), (0.6, -0.8, 0.0)])
def test_spherical_harmonics_are_smooth_at_the_poles(direction: tuple[float, float, float]) -> None:
    vector = torch.tensor([direction], dtype=DOUBLE)
    assert _check(lambda directions: spherical_harmonics(7, directions), vector)
    still, ahead = torch.zeros(1, 3, dtype=DOUBLE), torch.eye(3, dtype=DOUBLE)[None]
    alpha, nearest = torch.tensor(0.02, dtype=DOUBLE), torch.tensor(0.3, dtype=DOUBLE)
    assert _check(lambda points: source_coefficients(points, still, ahead, alpha, nearest, 7), 2.0 * vector)


def test_gradients_are_the_same_when_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = tensors_of_scene(scene_of(area("pond", np.random.default_rng(1).normal(size=(40, 3)))), 3, dtype=DOUBLE)
    positions, turns = torch.linspace(0.0, 1.0, 27, dtype=DOUBLE).reshape(9, 3), torch.eye(3, dtype=DOUBLE)

    def gradient(points_and_poses: int) -> Any:
        monkeypatch.setattr("sonovista.render.differentiable.encoding.LARGEST_PART", points_and_poses)
        points = scene.points[0].clone().requires_grad_()
        ears = render(replace(scene, points=(points,)), positions, turns.expand(9, 3, 3), 64)
        return torch.autograd.grad(ears.square().sum(), points)[0]

    torch.testing.assert_close(gradient(100), gradient(1 << 16), rtol=1e-10, atol=1e-12)


def test_the_limiter_has_a_gradient_beyond_its_knee(scene: SceneTensors, path: tuple[Any, Any]) -> None:
    loud = replace(scene, gains=40.0 * scene.gains)
    assert render(loud, *path, BLOCK_SIZE).abs().max() > 0.9
    assert _check(lambda gains: render(replace(scene, gains=gains), *path, BLOCK_SIZE), loud.gains)
