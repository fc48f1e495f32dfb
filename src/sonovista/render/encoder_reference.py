"""The encoder said plainly, sample by sample: what `encoder.SceneEncoder` must equal. Slow; for tests and readers."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sonovista.acoustics.distance import distance_gain
from sonovista.ambisonics.spherical_harmonics import channel_count, spherical_harmonics
from sonovista.geometry.frames import angles_from_direction
from sonovista.scene.document import Acoustics, Source
from sonovista.scene.scene import Scene

Poses = Sequence[tuple[NDArray[np.float64], NDArray[np.float64]]]


def coefficients_of_source(
    source: Source,
    acoustics: Acoustics,
    position: NDArray[np.float64],
    R_world_listener: NDArray[np.float64],
    order: int,
) -> NDArray[np.float64]:
    """Ambisonic coefficients of a source heard at a pose, without the listener's gain, shape `((order + 1) ** 2,)`."""
    gain = 10.0 ** (source.gain_db / 20.0)
    if source.kind == "ambient":
        return gain * np.eye(channel_count(order))[0]
    points = np.array(source.points if source.kind == "area" and source.points else [source.position], float)
    in_head_frame = (points - position) @ R_world_listener
    distance = np.linalg.norm(in_head_frame, axis=1)
    sigma = distance_gain(distance, acoustics.absorption_per_metre, acoustics.minimum_distance)
    return gain * np.mean(sigma[:, None] * spherical_harmonics(order, *angles_from_direction(in_head_frame)), axis=0)


def encode_reference(scene: Scene, poses: Poses, order: int, block_size: int) -> NDArray[np.float64]:
    """The bus over `len(poses) - 1` blocks, shape `((order + 1) ** 2, samples)`.

    Args:
        scene: with its sounds.
        poses: position `(3,)` and `R_world_listener` `(3, 3)` at the start and at the end of every block.
        order: Ambisonic order.
        block_size: samples of a block.
    """
    bus = np.zeros((channel_count(order), (len(poses) - 1) * block_size))
    listener_gain = 10.0 ** (scene.document.listener.gain_db / 20.0)
    for source in scene.document.sources:
        sound = scene.sounds[source.id]
        at_pose = [coefficients_of_source(source, scene.document.acoustics, *pose, order) for pose in poses]
        for sample in range(bus.shape[1]):
            block, within = divmod(sample, block_size)
            share = (within + 1) / block_size
            coefficients = (1.0 - share) * at_pose[block] + share * at_pose[block + 1]
            bus[:, sample] += listener_gain * coefficients * float(sound[sample % len(sound)])
    return bus
