from typing import Any

import numpy as np
import pytest

from sonovista.acoustics.decay import rt60
from sonovista.acoustics.materials import MATERIALS
from sonovista.acoustics.ray_tracing import EnergyDecay, MeshRoom, noise_response, trace_energy
from sonovista.acoustics.shoebox import reverberation_times, wall_areas

pytest.importorskip("embreex")
pra = pytest.importorskip("pyroomacoustics")

SIZE = np.array([6.0, 5.0, 3.0])
SOURCE, RECEIVER = np.array([1.2, 1.7, 1.1]), np.array([4.1, 3.2, 1.6])
CORNERS = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], float)
# Two triangles of each of the walls -x, +x, -y, +y, -z, +z.
QUADS = np.array([[0, 1, 3, 2], [4, 5, 7, 6], [0, 1, 5, 4], [2, 3, 7, 6], [0, 2, 6, 4], [1, 3, 7, 5]])
TRIANGLES = QUADS[:, [[0, 1, 2], [0, 2, 3]]].reshape(-1, 3)


def box(absorption: object, scattering: float = 0.0) -> MeshRoom:
    return MeshRoom(CORNERS * SIZE, TRIANGLES, np.asarray(absorption, float), scattering)


def image_source_energy(absorption: float, duration: float, bin_seconds: float) -> np.ndarray:
    """By pyroomacoustics' images of the same box, direct sound included."""
    order = int(np.ceil(343.0 * duration * np.linalg.norm(1.0 / SIZE))) + 3
    room = pra.ShoeBox(SIZE, fs=16000, materials=pra.Material(absorption), max_order=order)
    room.add_source(SOURCE)
    room.add_microphone(RECEIVER)
    room.image_source_model()
    source = room.sources[0]
    distance = np.linalg.norm(source.images - RECEIVER[:, None], axis=0)
    bins = int(np.ceil(duration / bin_seconds))
    place = (distance / (343.0 * bin_seconds)).astype(int)
    return np.bincount(place, source.damping[0] ** 2 / distance**2, minlength=bins)[:bins]


def test_a_box_decays_as_its_image_sources():
    duration, step = 0.35, 0.005
    decay = trace_energy(box([0.4]), SOURCE, RECEIVER, duration, rays=8000, bin_seconds=step)
    images = image_source_energy(0.4, duration, step)
    assert decay.energy.sum() == pytest.approx(images.sum(), rel=0.03)
    assert decay.rt60()[0] == pytest.approx(rt60(np.sqrt(images), 1.0 / step), rel=0.05)
    assert decay.lost == 0.0


def test_diffuse_walls_decay_by_eyrings_formula_for_free_paths_of_unequal_length():
    """Kuttruff, Room Acoustics, 6th ed., section 5.3, with the variance 0.4 of free paths in usual rooms."""
    absorption = np.array([0.15, 0.3, 0.5])
    decay = trace_energy(box(absorption, scattering=1.0), SOURCE, RECEIVER, 0.9, rays=6000)
    expected = reverberation_times(SIZE, np.tile(absorption, (6, 1))) / (1.0 + 0.2 * np.log1p(-absorption))
    np.testing.assert_allclose(decay.rt60(), expected, rtol=0.06)


def test_absorption_counts_by_the_triangle_that_is_hit():
    """The mean over walls is by their areas where reflections are diffuse."""
    walls = np.array([0.1, 0.1, 0.1, 0.1, 0.6, 0.3])
    decay = trace_energy(box(np.repeat(walls, 2)[:, None], scattering=1.0), SOURCE, RECEIVER, 0.7, rays=6000)
    mean = wall_areas(SIZE) @ walls / wall_areas(SIZE).sum()
    assert decay.rt60()[0] == pytest.approx(reverberation_times(SIZE, np.full((6, 1), mean))[0], rel=0.08)


def test_in_the_open_only_the_direct_sound_arrives():
    """A triangle that absorbs everything, far off: energy at 4 m is a sixteenth of that at 1 m."""
    room = MeshRoom([[90, 0, 0], [90, 1, 0], [90, 0, 1.0]], [[0, 1, 2]], [1.0])
    decay = trace_energy(room, [0, 0, 0], [4.0, 0, 0], 0.1, rays=40_000, receiver_radius=0.3)
    assert decay.energy.sum() == pytest.approx(1.0 / 16.0, rel=0.03)
    assert np.flatnonzero(decay.energy[0]).tolist() == [int(4.0 / 343.0 / 0.005)]
    assert decay.lost > 0.99


def test_air_takes_its_share_on_the_way():
    plain = trace_energy(box([0.2]), SOURCE, RECEIVER, 0.3, rays=500)
    damped = trace_energy(box([0.2]), SOURCE, RECEIVER, 0.3, rays=500, air_db_per_metre=0.1)
    way = (np.arange(plain.energy.shape[1]) + 0.5) * 0.005 * 343.0
    np.testing.assert_allclose(damped.energy[0], plain.energy[0] * 10 ** (-0.01 * way), rtol=1e-9)


def test_the_same_seed_gives_the_same_decay():
    once, again = (trace_energy(box([0.2], 0.3), SOURCE, RECEIVER, 0.2, rays=300, seed=5) for _ in range(2))
    np.testing.assert_array_equal(once.energy, again.energy)


def test_noise_has_the_energy_and_the_decay_of_the_trace():
    wanted = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.35, 0.3])
    time = (np.arange(200) + 0.5) * 0.005
    decay = EnergyDecay(0.01 * 10.0 ** (-6.0 * time / wanted[:, None]), 0.005, 0.0)
    np.testing.assert_allclose(decay.rt60(), wanted, rtol=0.02)
    response = noise_response(decay, 48_000, channels=40, seed=1)
    assert response.shape == (40, 48_000)
    spectrum = np.abs(np.fft.rfft(response)) ** 2
    frequency = np.fft.rfftfreq(48_000, 1 / 48_000)
    for band, centre in ((3, 1000.0), (5, 4000.0)):
        near = (frequency > 0.95 * centre) & (frequency < 1.05 * centre)
        # An impulse of 1, the direct sound at 1 m, has the spectrum 1.
        assert spectrum[:, near].mean() == pytest.approx(decay.energy[band].sum(), rel=0.1)


def test_materials_are_shares_of_energy_in_eight_octaves():
    assert len(MATERIALS) >= 12
    for material in MATERIALS.values():
        assert len(material.absorption) == 8
        assert all(0.0 < value < 1.0 for value in (*material.absorption, material.scattering))


def test_materials_agree_with_another_copy_of_the_table():
    known = {"wooden_lining": "wooden_lining", "tufted_carpet": "carpet_tufted_9m", "thin_carpet": "carpet_thin"}
    for ours, theirs in known.items():
        values = pra.Material(theirs).absorption_coeffs
        np.testing.assert_allclose(MATERIALS[ours].absorption[: len(values)], values)


@pytest.mark.parametrize(
    "arguments", [{"rays": 0}, {"duration": 0.0}, {"receiver_radius": -1.0}, {"bin_seconds": 0.0}, {"rays": 10**9}]
)
def test_numbers_out_of_range_are_refused(arguments: dict[str, Any]):
    with pytest.raises(ValueError):
        trace_energy(box([0.2]), SOURCE, RECEIVER, **{"duration": 0.1, **arguments})


@pytest.mark.parametrize(
    ("absorption", "scattering"),
    [([[0.1]], 0.0), ([1.2], 0.0), ([-0.1], 0.0), ([np.nan], 0.0), ([0.1], 1.5), (0.1, 0.0)],
)
def test_surfaces_that_make_no_sense_are_refused(absorption: object, scattering: float):
    with pytest.raises(ValueError):
        box(absorption, scattering)
