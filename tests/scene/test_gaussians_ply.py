"""PLY files of Gaussians: what is written is read back, in the axes that viewers expect, and nothing is trusted."""

import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sonovista.errors import InputError
from sonovista.scene.gaussians import Gaussians, concatenate, quaternions_from_matrices, rotation_matrices
from sonovista.scene.ply import read_ply, write_ply

FIELDS = [*"xyz", "nx", "ny", "nz", "f_dc_0", "f_dc_1", "f_dc_2", "opacity"]
FIELDS += ["scale_0", "scale_1", "scale_2", "rot_0", "rot_1", "rot_2", "rot_3"]


def cloud(count: int, seed: int = 0) -> Gaussians:
    rng = np.random.default_rng(seed)
    quaternions = rng.normal(size=(count, 4))
    quaternions /= np.linalg.norm(quaternions, axis=1, keepdims=True)
    return Gaussians(
        rng.normal(scale=10.0, size=(count, 3)).astype(np.float32),
        np.exp(rng.normal(-3.0, 1.0, (count, 3))).astype(np.float32),
        quaternions.astype(np.float32),
        rng.uniform(0.01, 0.99, count).astype(np.float32),
        rng.uniform(0.0, 1.0, (count, 3)).astype(np.float32),
    )


def covariances(gaussians: Gaussians) -> np.ndarray:
    axes = rotation_matrices(gaussians.rotations) * gaussians.scales[:, None, :]
    return axes @ np.swapaxes(axes, 1, 2)


def header(count: int | str, fields: list[str] = FIELDS, kind: str = "float", extra: str = "") -> bytes:
    lines = ["ply", "format binary_little_endian 1.0", f"element vertex {count}"]
    lines += [f"property {kind} {name}" for name in fields]
    return ("\n".join(lines) + f"\n{extra}end_header\n").encode()


def test_a_cloud_survives_the_file(tmp_path):
    before = cloud(500)
    write_ply(tmp_path / "a.ply", before)
    after = read_ply(tmp_path / "a.ply")
    np.testing.assert_allclose(after.positions, before.positions, atol=1e-5)
    np.testing.assert_allclose(after.scales, before.scales, rtol=1e-5)
    np.testing.assert_allclose(after.opacities, before.opacities, atol=1e-6)
    np.testing.assert_allclose(after.colours, before.colours, atol=1e-6)
    np.testing.assert_allclose(covariances(after), covariances(before), atol=1e-6)
    assert list(tmp_path.iterdir()) == [tmp_path / "a.ply"]


def test_an_empty_cloud_survives_the_file(tmp_path):
    write_ply(tmp_path / "a.ply", concatenate([]))
    assert len(read_ply(tmp_path / "a.ply")) == 0


def test_the_file_holds_opencv_axes_logits_and_logarithms(tmp_path):
    # 1 m forward, 2 m to the left, 3 m up; long along the world's x axis.
    one = Gaussians(
        *(np.array(a, np.float32) for a in ([[1, 2, 3]], [[0.5, 0.1, 0.2]], [[1, 0, 0, 0]], [0.75], [[0.5, 1.0, 0.0]]))
    )
    write_ply(tmp_path / "a.ply", one)
    body = (tmp_path / "a.ply").read_bytes().split(b"end_header\n", 1)[1]
    values = dict(zip(FIELDS, struct.unpack("<17f", body), strict=True))
    np.testing.assert_allclose([values["x"], values["y"], values["z"]], [-2.0, -3.0, 1.0])
    assert values["opacity"] == pytest.approx(np.log(3.0), rel=1e-5)
    assert values["f_dc_0"] == pytest.approx(0.0)
    assert values["f_dc_1"] == pytest.approx(0.5 / 0.28209479, rel=1e-6)
    axes = rotation_matrices([values[f"rot_{i}"] for i in range(4)])
    scales = np.exp([values[f"scale_{i}"] for i in range(3)])
    # In the file the long axis points along z (forward), the 0.1 m axis along x, the 0.2 m axis along y.
    np.testing.assert_allclose(axes @ np.diag(scales**2) @ axes.T, np.diag([0.01, 0.04, 0.25]), atol=1e-6)


def test_property_order_types_and_view_dependent_colour_do_not_matter(tmp_path):
    before = cloud(20)
    write_ply(tmp_path / "a.ply", before)
    body = (tmp_path / "a.ply").read_bytes().split(b"end_header\n", 1)[1]
    table = np.frombuffer(body, "<f4").reshape(20, 17)
    rest = [f"f_rest_{i}" for i in range(45)]
    order = np.random.default_rng(1).permutation(17)
    shuffled = np.concatenate([table[:, order], np.ones((20, 45))], axis=1).astype("<f8")
    (tmp_path / "b.ply").write_bytes(header(20, [FIELDS[i] for i in order] + rest, "double") + shuffled.tobytes())
    after = read_ply(tmp_path / "b.ply")
    np.testing.assert_allclose(after.positions, before.positions, atol=1e-5)
    np.testing.assert_allclose(covariances(after), covariances(before), atol=1e-6)


GOOD = np.tile(np.array([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -3, -3, -3, 1, 0, 0, 0], "<f4"), (2, 1))


def spoiled(column: str, value: float) -> bytes:
    table = GOOD.copy()
    table[1, FIELDS.index(column)] = value
    return header(2) + table.tobytes()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "another kind"),
        (b"hello", "another kind"),
        (b"ply\nformat binary_little_endian 1.0\n" + b"comment x\n" * 20000, "no end"),
        (header(2), "136 bytes"),
        (header(2) + GOOD.tobytes()[:-1], "136 bytes"),
        (header(2) + GOOD.tobytes() + b"x", "136 bytes"),
        (header(999_999_999_999) + GOOD.tobytes(), "at most"),
        (header(5_000_000) + GOOD.tobytes(), "found 136"),
        (header(-1) + GOOD.tobytes(), "element vertex -1"),
        (header(2, FIELDS[:-1]) + GOOD.tobytes(), "rot_3"),
        (header(2, [*FIELDS, "x"]) + GOOD.tobytes(), "named once"),
        (header(2, kind="quad") + GOOD.tobytes(), "quad"),
        (header(2).replace(b"binary_little_endian", b"ascii") + GOOD.tobytes(), "ascii"),
        (header(2).replace(b"vertex", b"face") + GOOD.tobytes(), "face"),
        (header(2).replace(b"property float x", b"property list uchar int x") + GOOD.tobytes(), "list"),
        (spoiled("y", np.nan), "positions"),
        (spoiled("x", np.inf), "positions"),
        (spoiled("f_dc_1", np.nan), "colours"),
        (spoiled("opacity", np.nan), "opacities"),
        (spoiled("scale_2", np.inf), "scales"),
        (spoiled("scale_0", 200.0), "scales"),
        (spoiled("rot_0", 0.0), "rotations"),
        (spoiled("rot_2", np.nan), "rotations"),
    ],
)
def test_a_bad_file_is_refused_in_one_line_that_names_it(tmp_path, content, words):
    path = tmp_path / "bad.ply"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_ply(path)
    assert str(path) in str(caught.value)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_files_and_folders_are_refused(tmp_path):
    for path in (tmp_path / "none.ply", tmp_path):
        with pytest.raises(InputError, match="readable PLY"):
            read_ply(path)


def test_more_gaussians_than_allowed_are_refused(tmp_path):
    write_ply(tmp_path / "a.ply", cloud(11))
    with pytest.raises(InputError, match="at most 10 Gaussians, found 11"):
        read_ply(tmp_path / "a.ply", max_count=10)


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_a_damaged_file_is_read_whole_or_refused(data, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "fuzz.ply"
    content = bytearray(header(2) + GOOD.tobytes())
    for _ in range(data.draw(st.integers(1, 6))):
        where = data.draw(st.integers(0, len(content) - 1))
        match data.draw(st.sampled_from(["change", "cut", "insert"])):
            case "change":
                content[where] = data.draw(st.integers(0, 255))
            case "cut":
                del content[where : where + data.draw(st.integers(1, 9))]
            case "insert":
                content[where:where] = data.draw(st.binary(max_size=9))
    path.write_bytes(content)
    try:
        cloud = read_ply(path)
    except InputError as error:
        refusal = str(error)
        cloud = concatenate([])
    else:
        refusal = f"{path}: not refused"
    assert refusal.startswith(f"{path}: ")
    assert "\n" not in refusal
    for array in (cloud.positions, cloud.scales, cloud.rotations, cloud.opacities, cloud.colours):
        assert np.isfinite(array).all()


@settings(max_examples=100, deadline=None)
@given(st.tuples(*[st.floats(-1.0, 1.0)] * 4).filter(lambda q: np.linalg.norm(q) > 1e-3))
def test_quaternions_and_matrices_are_inverse(q):
    unit = np.asarray(q) / np.linalg.norm(q)
    R = rotation_matrices(q)
    np.testing.assert_allclose(R @ R.T, np.eye(3), atol=1e-12)
    assert abs(np.dot(quaternions_from_matrices(R), unit)) == pytest.approx(1.0, abs=1e-9)
