"""How a mesh is heard: the direct sound through the head, and reflections as noise that dies away as traced rays do.

Rays tell how much energy arrives when, not the phases of reflections: level, decay and the ears' likeness (interaural
coherence) of the indirect sound are right, its early reflections come from no direction.
"""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sonovista.acoustics.ray_tracing import EnergyDecay, MeshRoom, trace_energy
from sonovista.render.room_head import RoomHead
from sonovista.render.room_tail import binaural_tails
from sonovista.simulate.example import SAMPLE_RATE, Viewpoints
from sonovista.simulate.hearing import TAIL, direct_sound, head_rotations, same_positions
from sonovista.simulate.protocol import Heard

if TYPE_CHECKING:
    from sonovista.simulate.places.mesh import MeshPlace

RAYS = 6000
BIN_SECONDS = 0.002
SCATTERING = 0.3
TOLERANCE = 0.04
_SMALLEST, _LARGEST = 0.005, 0.995


def hear_mesh(place: "MeshPlace", viewpoints: Viewpoints, rt60: float, head: RoomHead, seed: int) -> Heard:
    """Responses from every source to every camera; see `Place.hear`.

    All triangles absorb alike, as much as brings the traced reverberation time to `rt60`; a mesh with large holes may
    not reach it.
    """
    direct = direct_sound(viewpoints, head)
    duration = TAIL * rt60 + 0.05
    absorption = fitted_absorption(place, viewpoints.sources[0], viewpoints.cameras[0], rt60, seed)
    samples = max(round(duration * SAMPLE_RATE), direct.shape[-1])
    indirect = np.zeros((*direct.shape[:3], samples), np.float32)
    rotations = head_rotations(viewpoints)
    lost = 0.0
    for s, source in enumerate(viewpoints.sources):
        for position, where in same_positions(viewpoints):
            decay = _reflected(place, source, position, absorption, duration, seed)
            lost = max(lost, decay.lost)
            envelope = _envelope(decay, samples)
            indirect[s, where] = binaural_tails(head, rotations[where], envelope, seed + s)
    record = {"acoustics": "rays", "absorption": absorption, "rays_lost": round(lost, 4)}
    return Heard(direct, indirect, record)


def fitted_absorption(
    place: "MeshPlace", source: NDArray[np.float64], camera: NDArray[np.float64], rt60: float, seed: int
) -> float:
    """Absorption of all triangles that brings the traced reverberation time to a wanted one.

    A decay's rate is nearly proportional to `-ln(1 - absorption)` (Eyring), so few traces suffice.
    """
    absorption = 0.3
    for _ in range(4):
        room = MeshRoom(place.vertices, place.triangles, [absorption], SCATTERING)
        # Followed for long enough to see 35 dB of it.
        decay = trace_energy(room, source, camera, 1.2 * rt60 + 0.1, rays=RAYS, seed=seed, bin_seconds=BIN_SECONDS)
        found = float(decay.rt60()[0])
        if not np.isfinite(found):
            found = 3.0 * rt60
        if abs(found / rt60 - 1.0) < TOLERANCE:
            break
        absorption = 1.0 - (1.0 - absorption) ** (found / rt60)
        absorption = float(np.clip(absorption, _SMALLEST, _LARGEST))
    return absorption


def _reflected(
    place: "MeshPlace",
    source: NDArray[np.float64],
    camera: NDArray[np.float64],
    absorption: float,
    duration: float,
    seed: int,
) -> EnergyDecay:
    """Energy of all but the direct sound."""
    traces = [
        trace_energy(
            MeshRoom(place.vertices, place.triangles, [value], SCATTERING),
            source,
            camera,
            duration,
            rays=RAYS,
            seed=seed,
            bin_seconds=BIN_SECONDS,
        )
        # The same rays where nothing is reflected: what they leave is the direct sound's.
        for value in (absorption, 1.0)
    ]
    return replace(traces[0], energy=np.maximum(traces[0].energy - traces[1].energy, 0.0))


def _envelope(decay: EnergyDecay, samples: int) -> NDArray[np.float32]:
    """RMS amplitude of the field at every sample, shape `(1, samples)`."""
    middles = (np.arange(decay.energy.shape[1]) + 0.5) * decay.bin_seconds
    power = np.interp(np.arange(samples) / SAMPLE_RATE, middles, decay.energy[0]) / (decay.bin_seconds * SAMPLE_RATE)
    return np.sqrt(power).astype(np.float32)[None]
