"""The differentiable renderer says what the NumPy one says."""

import subprocess
import sys

import numpy as np
import pytest
from acoustic_scenes import ambient, mixed_scene, point, scene_of

from sonovista.acoustics.late_tail import late_tail as numpy_late_tail
from sonovista.acoustics.shoebox import reverberation_times as numpy_reverberation_times
from sonovista.ambisonics import rotation_matrix, spherical_harmonics_of_directions
from sonovista.geometry import rotation_from_yaw_pitch_roll
from sonovista.render import BinauralRenderer
from sonovista.render.encoder_reference import encode_reference
from sonovista.render.limiter import soft_limit as numpy_soft_limit

torch = pytest.importorskip("torch")

from sonovista.render.differentiable import encode, render, spherical_harmonics, tensors_of_scene  # noqa: E402
from sonovista.render.differentiable.decoding import convolve, soft_limit  # noqa: E402
from sonovista.render.differentiable.delay import read_between_samples  # noqa: E402
from sonovista.render.differentiable.reverberation import (  # noqa: E402
    late_tail,
    level_of_energy,
    reverberation_times,
)


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


def test_both_ears_equal_the_real_time_renderer_within_80_db() -> None:
    scene = scene_of(point("a", [2.0, 1.0, 0.5], 6.0), point("b", [0.1, -0.2, 0.0], -6.0))
    positions, rotations = _walk(40)
    renderer = BinauralRenderer(scene, order=3)
    renderer.jump_to(positions[0], rotations[0])
    blocks = [renderer.render_block(*pose) for pose in zip(positions[1:], rotations[1:], strict=True)]
    expected = np.concatenate(blocks, axis=1)
    tensors = tensors_of_scene(scene, 3)
    dtype = tensors.gains.dtype
    found = render(tensors, torch.tensor(positions, dtype=dtype), torch.tensor(rotations, dtype=dtype)).numpy()
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
    np.testing.assert_allclose(read_between_samples(sound, places, 40).numpy(), expected.numpy(), atol=1e-4)
    whole = torch.arange(-480, 480, dtype=torch.float64)
    np.testing.assert_allclose(read_between_samples(sound, whole, 16).numpy(), sound.repeat(2).numpy(), atol=1e-12)


def test_reverberation_times_and_tails_equal_the_numpy_ones(rng: np.random.Generator) -> None:
    size, absorption = np.array([6.0, 5.0, 3.0]), rng.uniform(0.05, 0.5, (6, 8))
    air = np.linspace(0.0, 0.1, 8)
    expected = numpy_reverberation_times(size, absorption, air)
    found = reverberation_times(torch.tensor(size), torch.tensor(absorption), air)
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-12)
    level = rng.uniform(0.1, 1.0, 8)
    coherence = (np.array([0.0, 500.0, 24_000.0]), np.array([1.0, 0.2, 0.0]))
    tail = late_tail(found, 16_000, 0.1, torch.tensor(level), coherence=coherence)
    wanted = numpy_late_tail(expected, 16_000, 0.1, coherence=coherence, level=level)
    np.testing.assert_allclose(tail.numpy(), wanted, atol=1e-12)


def test_a_tail_holds_the_energy_that_it_was_given() -> None:
    rt60 = torch.tensor([0.5], dtype=torch.float64)
    level = level_of_energy(torch.tensor([3.0], dtype=torch.float64), rt60, 16_000)
    tail = late_tail(rt60, 16_000, 1.0, level)
    assert tail.square().sum(dim=1).numpy() == pytest.approx([3.0, 3.0], rel=0.05)


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
