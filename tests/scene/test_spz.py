"""SPZ files against a decoder of their own, bit by bit."""

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sonovista.errors import InputError
from sonovista.scene.gaussians import Gaussians, rotation_matrices
from sonovista.scene.ply import DC_BASIS
from sonovista.scene.spz import R_SPZ_WORLD, spz_bytes, write_spz


def cloud(count: int, seed: int, reach: float = 50.0) -> Gaussians:
    rng = np.random.default_rng(seed)
    quaternions = rng.normal(size=(count, 4))
    return Gaussians(
        rng.uniform(-reach, reach, (count, 3)).astype(np.float32),
        np.exp(rng.uniform(-7.0, 2.0, (count, 3))).astype(np.float32),
        (quaternions / np.linalg.norm(quaternions, axis=1, keepdims=True)).astype(np.float32),
        rng.uniform(0.02, 0.98, count).astype(np.float32),
        rng.uniform(0.0, 1.0, (count, 3)).astype(np.float32),
    )


def decoded(content: bytes) -> dict[str, np.ndarray]:
    """One Gaussian after the other, as the format is written down by its makers."""
    raw = gzip.decompress(content)
    magic, version, count, degree, fraction, flags, reserved = struct.unpack_from("<IIIBBBB", raw)
    assert (magic, version, degree, flags, reserved) == (0x5053474E, 3, 0, 0, 0)
    assert len(raw) == 16 + 20 * count
    body = raw[16:]
    out: dict[str, list] = {name: [] for name in ("position", "opacity", "colour", "scale", "rotation")}
    for i in range(count):
        place = [int.from_bytes(body[9 * i + 3 * k : 9 * i + 3 * k + 3], "little", signed=True) for k in range(3)]
        out["position"].append([value / 2**fraction for value in place])
        out["opacity"].append(body[9 * count + i] / 255)
        colour = body[10 * count + 3 * i : 10 * count + 3 * i + 3]
        out["colour"].append([0.5 + DC_BASIS * (value / 255 - 0.5) / 0.15 for value in colour])
        out["scale"].append([np.exp(value / 16 - 10) for value in body[13 * count + 3 * i : 13 * count + 3 * i + 3]])
        word = int.from_bytes(body[16 * count + 4 * i : 16 * count + 4 * i + 4], "little")
        largest, q = word >> 30, [0.0] * 4
        for k in (3, 2, 1, 0):
            if k != largest:
                q[k] = (-1.0 if word >> 9 & 1 else 1.0) * (word & 511) / 511 / np.sqrt(2)
                word >>= 10
        q[largest] = np.sqrt(max(0.0, 1.0 - sum(value**2 for value in q)))
        out["rotation"].append([q[3], *q[:3]])
    return {name: np.array(values, float) for name, values in out.items()}


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), reach=st.sampled_from([0.5, 50.0, 5000.0]))
def test_everything_comes_back_within_its_steps(seed: int, reach: float):
    before, after = cloud(40, seed, reach), decoded(spz_bytes(cloud(40, seed, reach)))
    step = max(2.0**-13, 2 * reach / 2**23)
    np.testing.assert_allclose(after["position"], before.positions @ R_SPZ_WORLD.T, atol=step)
    np.testing.assert_allclose(after["opacity"], before.opacities, atol=0.5 / 255 + 1e-6)
    np.testing.assert_allclose(after["colour"], before.colours, atol=1.9 / 255)
    np.testing.assert_allclose(np.log(after["scale"]), np.log(before.scales), atol=1 / 32 + 1e-4)
    turned = rotation_matrices(after["rotation"]) @ np.swapaxes(R_SPZ_WORLD @ rotation_matrices(before.rotations), 1, 2)
    angle = np.arccos(np.clip((np.trace(turned, axis1=1, axis2=2) - 1) / 2, -1, 1))
    assert np.degrees(angle).max() < 0.4


def test_colours_keep_their_mean_and_files_their_bytes():
    one = cloud(4000, 1)
    grey = Gaussians(one.positions, one.scales, one.rotations, one.opacities, np.full((4000, 3), 0.7312, np.float32))
    assert abs(decoded(spz_bytes(grey))["colour"].mean() - 0.7312) < 2e-4
    assert spz_bytes(grey) == spz_bytes(grey)


def test_no_gaussians_make_a_file_too():
    assert decoded(spz_bytes(cloud(0, 0)))["opacity"].size == 0


def test_a_place_that_cannot_be_written_to_is_named(tmp_path: Path):
    with pytest.raises(InputError, match=r"cloud\.spz"):
        write_spz(tmp_path / "nowhere" / "cloud.spz", cloud(3, 0))
    write_spz(tmp_path / "cloud.spz", cloud(3, 0))
    assert [path.name for path in tmp_path.iterdir()] == ["cloud.spz"]
