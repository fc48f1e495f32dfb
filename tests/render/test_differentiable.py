"""The differentiable renderer says what the NumPy one says."""

import subprocess
import sys

import numpy as np
import pytest
from acoustic_scenes import ambient, area, mixed_scene, point, scene_of

from sonovista.acoustics.late_tail import tail_noise_bands
from sonovista.acoustics.occlusion import OcclusionMap
from sonovista.acoustics.shoebox import reverberation_times as numpy_reverberation_times
from sonovista.ambisonics import load_default_filters, rotation_matrix, spherical_harmonics_of_directions
from sonovista.geometry import rotation_from_yaw_pitch_roll
from sonovista.render import BinauralRenderer
from sonovista.render.encoder_reference import encode_reference
from sonovista.render.limiter import soft_limit as numpy_soft_limit
from sonovista.render.reverberation import binaural_tail
from sonovista.scene.document import Air, Room, Waypoint
from sonovista.scene.scene import Scene

torch = pytest.importorskip("torch")

from sonovista.render.differentiable import (  # noqa: E402
    Reverberation,
    encode,
    path_shifts,
    render,
    spherical_harmonics,
    tensors_of_scene,
)
from sonovista.render.differentiable.decoding import convolve, soft_limit  # noqa: E402
from sonovista.render.differentiable.delay import read_between_samples  # noqa: E402
from sonovista.render.differentiable.propagation import Visibility, visibility  # noqa: E402
from sonovista.render.differentiable.recursion import first_order_recursion  # noqa: E402
from sonovista.render.differentiable.reverberation import (  # noqa: E402
    equivalent_absorption_area,
    late_tail,
    reverberation_times,
    tail_level,
)

ROOM = Room(
    centre=(0.5, 0.0, 0.2),
    size=(6.0, 5.0, 3.0),
    yaw_deg=20.0,
    absorption=[(0.1, 0.12, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4)] * 6,
)
ACOUSTICS = {
    "dry": {},
    "delay": {"propagation_delay": True},
    "air": {"air": Air()},
    "obstacles": {"occlusion": True},
    "room": {"room": ROOM},
    "everything": {"propagation_delay": True, "air": Air(), "occlusion": True, "room": ROOM},
}


def _scene_with(acoustics: dict[str, object]) -> Scene:
    """A source on a path, one nearby, one far away, an area and ambience, within hiding things of all sorts."""
    generator = np.random.default_rng(5)
    scene = scene_of(
        point("bird", [3.0, 2.0, 1.5], -6.0),
        point("near", [0.6, 0.1, 0.0], -12.0),
        point("far", [-30.0, 20.0, 4.0], 10.0),
        area("stream", generator.normal(size=(50, 3)) * [0.5, 2.0, 0.3] + [4.0, -1.0, -1.5], 3.0),
        ambient("bed", -20.0),
        listener_db=-8.0,
        samples=15_011,
    )
    document = scene.document
    corners = [(0.0, (3.0, 2.0, 1.5)), (0.4, (-3.0, 4.0, 1.5)), (0.9, (3.0, 2.0, 1.5))]
    path = [Waypoint(time_s=time, position=place) for time, place in corners]
    sources = [document.sources[0].model_copy(update={"path": path}), *document.sources[1:]]
    scene.document = document.model_copy(
        update={"sources": sources, "acoustics": document.acoustics.model_copy(update=acoustics)}
    )
    values = generator.random((len(sources), 6, 6, 6)).astype(np.float32)
    values[-1] = 1.0  # nothing hides ambience
    scene.occlusion = OcclusionMap(np.full(3, -0.6), 0.25, values)
    return scene


def _walk(steps: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(2)
    positions = np.cumsum(0.05 * rng.normal(size=(steps + 1, 3)), axis=0)
    rotations = [rotation_from_yaw_pitch_roll(0.1 * i, 0.05 * i, -0.02 * i) for i in range(steps + 1)]
    return positions, np.stack(rotations)


@pytest.mark.parametrize("order", range(8))
def test_spherical_harmonics_equal_the_numpy_ones_at_the_poles_too(order: int, rng: np.random.Generator) -> None:
    directions = rng.normal(size=(200, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    directions = np.concatenate([directions, np.eye(3), -np.eye(3)])
    found = spherical_harmonics(order, torch.tensor(directions)).numpy()
    np.testing.assert_allclose(found, spherical_harmonics_of_directions(order, directions), atol=1e-13)


@pytest.mark.parametrize(("order", "block_size"), [(1, 256), (3, 100), (5, 64)])
def test_the_bus_equals_the_reference_on_a_moving_scene(order: int, block_size: int) -> None:
    scene = mixed_scene()
    positions, rotations = _walk(5)
    tensors = tensors_of_scene(scene, order, dtype=torch.float64)
    found = encode(tensors, torch.tensor(positions), torch.tensor(rotations), block_size).numpy()
    expected = encode_reference(scene, list(zip(positions, rotations, strict=True)), order, block_size)
    np.testing.assert_allclose(found, expected, atol=1e-12)


@pytest.mark.parametrize("name", ACOUSTICS)
def test_both_ears_equal_the_real_time_renderer_within_80_db(name: str) -> None:
    scene = _scene_with(ACOUSTICS[name])
    positions, rotations = _walk(80)
    renderer = BinauralRenderer(scene, order=3)
    renderer.jump_to(positions[0], rotations[0])
    blocks = [renderer.render_block(*pose) for pose in zip(positions[1:], rotations[1:], strict=True)]
    expected = np.concatenate(blocks, axis=1)
    places, turns = torch.tensor(positions, dtype=torch.float32), torch.tensor(rotations, dtype=torch.float32)
    found = render(tensors_of_scene(scene, 3), places, turns, shifts=path_shifts(scene, places, 256)).numpy()
    assert np.abs(expected).max() > 0.02
    assert np.sqrt(np.mean((found - expected) ** 2)) <= 1e-4 * np.sqrt(np.mean(expected**2))


def test_turning_the_head_turns_the_field() -> None:
    scene = mixed_scene()
    R = rotation_from_yaw_pitch_roll(0.7, 0.3, -0.2)
    tensors = tensors_of_scene(scene, 4, dtype=torch.float64)
    still = torch.zeros(3, 3, dtype=torch.float64)
    ahead = encode(tensors, still, torch.eye(3, dtype=torch.float64).expand(3, 3, 3))
    turned = encode(tensors, still, torch.tensor(R).expand(3, 3, 3))
    np.testing.assert_allclose(turned.numpy(), rotation_matrix(R.T, 4) @ ahead.numpy(), atol=1e-12)


def test_the_soft_limit_is_the_real_time_one() -> None:
    signal = np.linspace(-3.0, 3.0, 401, dtype=np.float32)[None]
    expected = np.empty_like(signal)
    numpy_soft_limit(signal, expected)
    np.testing.assert_allclose(soft_limit(torch.tensor(signal)).numpy(), expected, atol=1e-6)


def test_convolution_is_convolution(rng: np.random.Generator) -> None:
    signal, kernel = rng.normal(size=700), rng.normal(size=91)
    expected = np.convolve(signal, kernel)[:700]
    np.testing.assert_allclose(convolve(torch.tensor(signal), torch.tensor(kernel)).numpy(), expected, atol=1e-11)


def test_reading_between_samples_delays_a_sine_and_wraps() -> None:
    period = 480
    sound = torch.sin(2.0 * torch.pi * 12 * torch.arange(period, dtype=torch.float64) / period)
    places = torch.linspace(-700.0, 900.0, 321, dtype=torch.float64)
    expected = torch.sin(2.0 * torch.pi * 12 * places / period)
    np.testing.assert_allclose(read_between_samples(sound, places).numpy(), expected.numpy(), atol=1e-3)


@pytest.mark.parametrize("samples", [1, 2, 7, 64, 1000])
def test_a_recursion_is_the_loop_over_samples(samples: int, rng: np.random.Generator) -> None:
    inputs, feedback = rng.normal(size=(2, samples)), rng.uniform(-1.0, 1.0, (2, samples))
    expected, state = np.empty((2, samples)), np.zeros(2)
    for n in range(samples):
        expected[:, n] = state = inputs[:, n] + feedback[:, n] * state
    found = first_order_recursion(torch.tensor(inputs), torch.tensor(feedback)).numpy()
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_visibility_is_the_numpy_one_beyond_the_grid_too(rng: np.random.Generator) -> None:
    from sonovista.acoustics.occlusion import visibility as numpy_visibility

    seen = OcclusionMap(np.array([-1.0, 0.0, 0.5]), 0.5, rng.random((3, 4, 5, 1)).astype(np.float32))
    places = rng.uniform(-3.0, 3.0, (100, 3))
    tensors = Visibility(torch.tensor(seen.values, dtype=torch.float64), torch.tensor(seen.origin), seen.spacing)
    np.testing.assert_allclose(
        visibility(tensors, torch.tensor(places)).numpy(), numpy_visibility(seen, places), atol=1e-7
    )


def test_the_tail_of_a_room_equals_the_numpy_one() -> None:
    acoustics = scene_of().document.acoustics
    scene = _scene_with({"room": ROOM})
    tensors = tensors_of_scene(scene, 2, dtype=torch.float64)
    assert tensors.reverberation is not None
    expected = binaural_tail(ROOM, acoustics, load_default_filters(2))
    np.testing.assert_allclose(late_tail(tensors.reverberation, 48_000).numpy(), expected, atol=1e-8)


def test_reverberation_times_equal_the_numpy_ones(rng: np.random.Generator) -> None:
    size, absorption = np.array([6.0, 5.0, 3.0]), rng.uniform(0.05, 0.5, (6, 8))
    air = np.linspace(0.0, 0.1, 8)
    found = reverberation_times(torch.tensor(size), torch.tensor(absorption), air)
    np.testing.assert_allclose(found.numpy(), numpy_reverberation_times(size, absorption, air), rtol=1e-12)


def test_a_tail_holds_the_energy_of_a_diffuse_field() -> None:
    # At 1 m the direct sound has energy 1; the diffuse field, by Sabine's theory, 16 pi / A.
    size, absorption = torch.tensor([6.0, 5.0, 3.0]), torch.full((6, 8), 0.03)
    rt60 = reverberation_times(size, absorption)
    noise = torch.tensor(tail_noise_bands(16_000, 48_000).copy(), dtype=torch.float32)
    tail = late_tail(Reverberation(rt60, tail_level(size.prod(), 16_000)[None], noise), 16_000)
    wanted = 16.0 * np.pi / float(equivalent_absorption_area(size, absorption)[0])
    assert tail.square().sum(dim=1).numpy() == pytest.approx([wanted, wanted], rel=0.1)


def test_a_listener_at_the_source_hears_finite_sound_with_finite_gradients() -> None:
    tensors = tensors_of_scene(scene_of(point("here", [0.0, 0.0, 0.0])), 3)
    place = tensors.points[0].requires_grad_()
    ears = render(tensors, torch.zeros(3, 3), torch.eye(3).expand(3, 3, 3))
    ears.square().sum().backward()
    assert torch.isfinite(ears).all()
    assert place.grad is not None
    assert torch.isfinite(place.grad).all()


def test_refuses_what_does_not_fit() -> None:
    scene = scene_of(point("a", [1.0, 0.0, 0.0]), ambient())
    with pytest.raises(ValueError, match="order"):
        tensors_of_scene(scene, 9)
    tensors = tensors_of_scene(scene, 1)
    with pytest.raises(ValueError, match="blocks"):
        render(tensors, torch.zeros(1, 3), torch.eye(3)[None])
    with pytest.raises(ValueError, match="blocks"):
        render(tensors, torch.zeros(3, 3), torch.eye(3).expand(2, 3, 3))
    with pytest.raises(ValueError, match="no sound"):
        tensors_of_scene(type(scene)(scene.document), 1)


def test_without_pytorch_the_error_names_the_extra_and_the_rest_works() -> None:
    program = (
        "import sys; sys.modules['torch'] = None\n"
        "import sonovista.render\n"
        "from sonovista.errors import BackendUnavailable\n"
        "try:\n    import sonovista.render.differentiable\n"
        "except BackendUnavailable as error:\n    print(error)\n"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "sonovista[torch]" in result.stdout


def test_pytorch_is_imported_only_here() -> None:
    program = "import sys, sonovista.render; print('torch' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "False"
