"""What ears receive of the sources of an example: the direct sound alone, and a shoebox that reverberates."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sonovista.acoustics.decay import decay_time
from sonovista.acoustics.pulses import pulse_table
from sonovista.acoustics.shoebox import absorption_for_rt60
from sonovista.geometry import rotation_from_yaw_pitch_roll
from sonovista.render.room_head import RoomHead
from sonovista.render.room_kernels import add_binaural
from sonovista.render.room_responses import binaural_room_responses
from sonovista.simulate.example import SAMPLE_RATE, Viewpoints
from sonovista.simulate.protocol import Heard

SPEED_OF_SOUND = 343.0
TAIL = 1.1
"""Length of responses over the reverberation time: 66 dB of decay."""
TOLERANCE = 0.02
ABSORPTION_RANGE = (0.002, 0.998)
_HALF_WIDTH = 12


def hear_box(size: NDArray[np.float64], viewpoints: Viewpoints, rt60: float, head: RoomHead, seed: int) -> Heard:
    """Responses of a box whose walls absorb alike, as much as its reverberation time asks for; see `Place.hear`.

    Near a source the direct sound is strong against what the room adds, and T30 is then read off an earlier, steeper
    part of the decay than in the room as a whole. So absorption is mended until T30 of these very responses, the mean
    over sources, cameras and ears, is `rt60` to 2 %, or five times at most.

    Cameras at one position hear one field, each turned its own way. Heads are level: they turn with a camera's yaw, not
    with its pitch.
    """
    absorption = _absorption(tuple(float(side) for side in size), round(rt60, 6))
    direct, indirect = _responses(size, absorption, viewpoints, rt60, head, seed)
    for _ in range(5):
        found = mean_reverberation_time(direct, indirect)
        if not np.isfinite(found) or abs(found / rt60 - 1.0) < TOLERANCE:
            break
        absorption = float(np.clip(1.0 - (1.0 - absorption) ** (found / rt60), *ABSORPTION_RANGE))
        direct, indirect = _responses(size, absorption, viewpoints, rt60, head, seed)
    return Heard(shortened(direct), indirect, {"acoustics": "box", "absorption": absorption})


def _responses(
    size: NDArray[np.float64], absorption: float, viewpoints: Viewpoints, rt60: float, head: RoomHead, seed: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Direct and indirect responses of a box, both `(S, V, 2, samples)`."""
    rotations = head_rotations(viewpoints)
    sources, views = len(viewpoints.sources), len(viewpoints.cameras)
    reach = float(np.linalg.norm(viewpoints.sources[:, None] - viewpoints.cameras[None], axis=-1).max())
    duration = TAIL * rt60 + reach / SPEED_OF_SOUND + 0.01
    samples = round(duration * SAMPLE_RATE)
    direct, indirect = (np.zeros((sources, views, 2, samples), np.float32) for _ in range(2))
    for s, source in enumerate(viewpoints.sources):
        for position, where in same_positions(viewpoints):
            responses = binaural_room_responses(
                size,
                absorption,
                source,
                position,
                rotations[where],
                head,
                seed=seed + s,
                duration=duration,
                late_field="isotropic",  # "images" would make another SonoRooms-1, and take five times as long
            )
            direct[s, where], indirect[s, where] = responses.direct, responses.indirect
    return direct, indirect


def mean_reverberation_time(direct: NDArray[np.float32], indirect: NDArray[np.float32]) -> float:
    """Mean T30 of the sums, seconds; NaN where none falls by 35 dB."""
    total = indirect.astype(np.float64)
    total[..., : direct.shape[-1]] += direct
    times = np.array([decay_time(response, SAMPLE_RATE) for response in total.reshape(-1, total.shape[-1])])
    return float(np.nanmean(times)) if np.isfinite(times).any() else float("nan")


def direct_sound(viewpoints: Viewpoints, head: RoomHead) -> NDArray[np.float32]:
    """Responses in the open: 1 at 1 m, delayed by the way, shape `(S, V, 2, n)`."""
    rotations = head_rotations(viewpoints)
    offset = viewpoints.sources[:, None] - viewpoints.cameras[None]
    distance = np.maximum(np.linalg.norm(offset, axis=-1), 1e-3)
    direction = np.einsum("svi,vij->svj", offset / distance[..., None], rotations)
    arrival = distance * (SAMPLE_RATE / SPEED_OF_SOUND)
    pulses = pulse_table(_HALF_WIDTH).astype(np.float32)
    taps = head.responses.shape[3] + pulses.shape[1]
    out = np.zeros((*distance.shape, 1, 2, int(arrival.max()) + taps + 32), np.float32)
    scratch = np.empty(head.responses.shape[3] + pulses.shape[1] - 1, np.float32)
    for index in np.ndindex(distance.shape):
        x, y, z = direction[index][:, None]
        gain = np.array([[1.0 / distance[index]]], np.float32)
        add_binaural(arrival[index][None], x, y, z, gain, head.responses, head.delays, pulses, scratch, out[index])
    return shortened(out[:, :, 0])


def head_rotations(viewpoints: Viewpoints) -> NDArray[np.float64]:
    """`R_room_head` of every camera, shape `(V, 3, 3)`."""
    return np.stack([rotation_from_yaw_pitch_roll(float(yaw)) for yaw in viewpoints.yaws])


def same_positions(viewpoints: Viewpoints) -> list[tuple[NDArray[np.float64], NDArray[np.intp]]]:
    """Positions of cameras, and which cameras are at each, in order of the first at each."""
    found: dict[tuple[float, ...], list[int]] = {}
    for index, position in enumerate(viewpoints.cameras):
        found.setdefault(tuple(position.tolist()), []).append(index)
    return [(np.array(position), np.array(indices)) for position, indices in found.items()]


def shortened(responses: NDArray[np.float32]) -> NDArray[np.float32]:
    """Responses without the silence at the common end of all."""
    loud = np.flatnonzero(np.abs(responses).max(axis=tuple(range(responses.ndim - 1))) > 1e-7)
    return np.ascontiguousarray(responses[..., : int(loud[-1]) + 1 if len(loud) else 1])


@lru_cache(maxsize=256)
def _absorption(size: tuple[float, ...], rt60: float) -> float:
    return absorption_for_rt60(size, rt60, SPEED_OF_SOUND)
