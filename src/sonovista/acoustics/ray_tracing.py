"""How sound dies away in a room of any shape: rays that carry energy, reflected until it is spent.

Stochastic ray tracing with a spherical detector (M. Vorlaender, "Auralization", Springer 2008, section 11.3).
"""

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from sonovista.acoustics.decay import rt60
from sonovista.acoustics.late_tail import tail_noise_bands
from sonovista.acoustics.ray_casting import RayCaster, check_mesh

_SPENT = 1e-9  # of a ray's energy: 90 dB down it adds nothing to any decay that is measured
_MOST_REFLECTIONS = 5000


@dataclass(frozen=True)
class EnergyDecay:
    """Energy that arrives over time.

    Attributes:
        energy: in every band and bin, relative to the whole energy of the direct sound at 1 m, shape `(bands, bins)`.
        bin_seconds: length of a bin; the first begins as the sound is made.
        lost: share of the rays that left through gaps of the mesh.
    """

    energy: NDArray[np.float64]
    bin_seconds: float
    lost: float

    def rt60(self) -> NDArray[np.float64]:
        """Reverberation time of every band in seconds, T30 or T20 (ISO 3382-1); NaN where it was followed too briefly.

        A trace that ends early bends the end of its decay: follow it for 0.8 of the reverberation time at least.
        """
        return np.array([rt60(np.sqrt(band), 1.0 / self.bin_seconds) for band in self.energy])


class MeshRoom:
    """A room of triangles, each with its absorption and scattering.

    Args:
        vertices: metres, shape `(V, 3)`.
        triangles: indices of vertices, shape `(T, 3)`; either side reflects.
        absorption: share of energy that a triangle takes in every band, in [0, 1], shape `(T, bands)` or `(bands,)`.
        scattering: share of the reflected energy that leaves in all directions (Lambert), in [0, 1], shape `(T,)` or
            one number.

    Raises:
        ValueError: a shape or value is wrong.
        BackendUnavailable: Embree is not installed (the `rays` extra).
    """

    def __init__(
        self, vertices: ArrayLike, triangles: ArrayLike, absorption: ArrayLike, scattering: ArrayLike = 0.1
    ) -> None:
        points, faces = check_mesh(vertices, triangles)
        absorption, scattering = np.asarray(absorption, float), np.asarray(scattering, float)
        if absorption.ndim not in (1, 2) or (absorption.ndim == 2 and len(absorption) != len(faces)):
            raise ValueError(f"absorption must be of shape (T, bands) or (bands,), found {absorption.shape}")
        for name, values in (("absorption", absorption), ("scattering", scattering)):
            if not np.all((values >= 0.0) & (values <= 1.0)):
                raise ValueError(f"{name} must be in [0, 1]")
        corners = points[faces]
        normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        self.caster = RayCaster(points, faces)
        self.normals = normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-30)
        self.kept = np.ascontiguousarray(1.0 - np.broadcast_to(absorption, (len(faces), absorption.shape[-1])))
        self.scattering = np.ascontiguousarray(np.broadcast_to(scattering, (len(faces),)))
        self.extent = float(np.ptp(points, axis=0).max())


def trace_energy(
    room: MeshRoom,
    source: ArrayLike,
    receiver: ArrayLike,
    duration: float,
    *,
    rays: int = 20_000,
    receiver_radius: float = 0.5,
    bin_seconds: float = 0.005,
    air_db_per_metre: ArrayLike = 0.0,
    speed_of_sound: float = 343.0,
    seed: int = 0,
) -> EnergyDecay:
    """Energy at a receiver over time.

    What a ray leaves in the receiver's sphere is its energy times its way through it over the sphere's volume, which
    is the energy density there whatever the ray's direction.

    Args:
        room: that reflects.
        source: metres, shape `(3,)`; it sounds equally in all directions.
        receiver: metres, shape `(3,)`.
        duration: seconds that rays are followed.
        rays: number of them, 1 to 10 million.
        receiver_radius: metres.
        bin_seconds: of the result.
        air_db_per_metre: absorption of the air in every band, shape `(bands,)` or one number.
        speed_of_sound: metres per second.
        seed: of ray directions and scattering.

    Raises:
        ValueError: a number is out of range.
    """
    if not 1 <= rays <= 10_000_000:
        raise ValueError(f"rays must be 1 to 10 million, found {rays}")
    if not (duration > 0.0 and receiver_radius > 0.0 and bin_seconds > 0.0 and speed_of_sound > 0.0):
        raise ValueError("duration, receiver_radius, bin_seconds and speed_of_sound must be positive")
    rng = np.random.default_rng(seed)
    bins, bands = int(np.ceil(duration / bin_seconds)), room.kept.shape[1]
    received = np.zeros((bins, bands))
    position = np.tile(np.asarray(source, float), (rays, 1))
    direction = _all_around(rays, rng)
    energy, travelled = np.ones((rays, bands)), np.zeros(rays)
    sphere, lost = np.asarray(receiver, float), 0
    for _ in range(_MOST_REFLECTIONS):
        length, triangle = room.caster.first_hit(position, direction)
        going, gone = _follow(
            position,
            direction,
            energy,
            travelled,
            length,
            triangle,
            room.normals,
            room.kept,
            room.scattering,
            1e-5 * room.extent,
            sphere,
            receiver_radius,
            speed_of_sound * bin_seconds,
            received,
            rng,
        )
        lost += gone
        if going == 0:
            break
        position, direction = position[:going], direction[:going]
        energy, travelled = energy[:going], travelled[:going]
    volume = 4.0 / 3.0 * np.pi * receiver_radius**3
    way = (np.arange(bins) + 0.5) * (bin_seconds * speed_of_sound)
    air = 10.0 ** (-0.1 * np.broadcast_to(np.asarray(air_db_per_metre, float), (bands,)) * way[:, None])
    return EnergyDecay((received * air).T * (4.0 * np.pi / (rays * volume)), bin_seconds, lost / rays)


def noise_response(decay: EnergyDecay, sample_rate: int, channels: int = 1, seed: int = 0) -> NDArray[np.float64]:
    """An impulse response that dies away as a traced room does: noise in the octaves 125 Hz to 16 kHz, shaped by it.

    Args:
        decay: with the energy of eight bands.
        sample_rate: Hz.
        channels: independent of each other.
        seed: of the noise.

    Returns:
        Relative to the direct sound at 1 m, which is an impulse of 1; shape `(channels, samples)`.
    """
    bands, bins = decay.energy.shape
    if bands != 8:
        raise ValueError(f"expected the energy of 8 octaves, found {bands} bands")
    time = np.arange(round(bins * decay.bin_seconds * sample_rate)) / sample_rate
    middles = (np.arange(bins) + 0.5) * decay.bin_seconds
    power = decay.energy / (decay.bin_seconds * sample_rate)
    noise = tail_noise_bands(sample_rate, len(time), channels, seed)
    response = np.zeros((channels, len(time)))
    for band in range(bands):
        response += noise[band] * np.sqrt(np.interp(time, middles, power[band]))
    return response


def _all_around(count: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Unit vectors spread evenly over the sphere (Fibonacci), turned at random about two axes."""
    i = np.arange(count) + 0.5
    z, angle = 1.0 - 2.0 * i / count, i * np.pi * (3.0 - np.sqrt(5.0)) + rng.uniform(0.0, 2.0 * np.pi)
    around = np.sqrt(1.0 - z**2)
    vectors = np.stack([around * np.cos(angle), around * np.sin(angle), z], axis=-1)
    axes, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    return vectors @ axes


@njit(cache=True)
def _follow(
    position,
    direction,
    energy,
    travelled,
    length,
    triangle,
    normals,
    kept,
    scattering,
    clearance,
    sphere,
    radius,
    bin_way,
    received,
    rng,
):  # pragma: no cover - compiled
    """Take rays to what they meet: leave energy in the sphere on the way, and reflect them there.

    Rays that go on are written to the front of their arrays.

    Args:
        position: metres, shape `(N, 3)`; overwritten, as are the next three.
        direction: unit vectors, shape `(N, 3)`.
        energy: shape `(N, bands)`.
        travelled: metres, shape `(N,)`.
        length: metres to the surface that each meets, shape `(N,)`.
        triangle: that it meets, -1 for none, shape `(N,)`.
        normals: of the triangles, shape `(T, 3)`.
        kept: share of energy that a triangle reflects, shape `(T, bands)`.
        scattering: shape `(T,)`.
        clearance: metres off the surface at which a ray goes on.
        sphere: metres, the receiver's middle, shape `(3,)`.
        radius: metres.
        bin_way: metres that sound goes in a bin.
        received: energy times way, added to, shape `(bins, bands)`.
        rng: for scattering.

    Returns:
        How many rays go on, and how many left the room.
    """
    bins, bands = received.shape
    going, lost = 0, 0
    for i in range(len(length)):
        x, y, z = position[i, 0], position[i, 1], position[i, 2]
        dx, dy, dz = direction[i, 0], direction[i, 1], direction[i, 2]
        cx, cy, cz = sphere[0] - x, sphere[1] - y, sphere[2] - z
        along = cx * dx + cy * dy + cz * dz
        half_squared = radius * radius - (cx * cx + cy * cy + cz * cz - along * along)
        if half_squared > 0.0:
            half = np.sqrt(half_squared)
            enter, leave = max(along - half, 0.0), min(along + half, length[i])
            arrival = int((travelled[i] + 0.5 * (enter + leave)) / bin_way) if leave > enter else bins
            if arrival < bins:
                for band in range(bands):
                    received[arrival, band] += energy[i, band] * (leave - enter)
        t = triangle[i]
        if t < 0:
            lost += 1
            continue
        way = travelled[i] + length[i]
        if way >= bins * bin_way:
            continue
        strongest = 0.0
        for band in range(bands):
            energy[going, band] = energy[i, band] * kept[t, band]
            strongest = max(strongest, energy[going, band])
        if strongest < _SPENT:
            continue
        nx, ny, nz = normals[t, 0], normals[t, 1], normals[t, 2]
        towards = dx * nx + dy * ny + dz * nz
        if towards > 0.0:
            nx, ny, nz, towards = -nx, -ny, -nz, -towards
        position[going, 0] = x + length[i] * dx + clearance * nx
        position[going, 1] = y + length[i] * dy + clearance * ny
        position[going, 2] = z + length[i] * dz + clearance * nz
        if rng.random() < scattering[t]:
            # The normal plus a random unit vector follows Lambert's law.
            height, turn = 2.0 * rng.random() - 1.0, 2.0 * np.pi * rng.random()
            across = np.sqrt(1.0 - height * height)
            dx, dy, dz = nx + across * np.cos(turn), ny + across * np.sin(turn), nz + (1.0 - 1e-6) * height
        else:
            dx, dy, dz = dx - 2.0 * towards * nx, dy - 2.0 * towards * ny, dz - 2.0 * towards * nz
        norm = 1.0 / np.sqrt(dx * dx + dy * dy + dz * dz)
        direction[going, 0], direction[going, 1], direction[going, 2] = dx * norm, dy * norm, dz * norm
        travelled[going] = way
        going += 1
    return going, lost
