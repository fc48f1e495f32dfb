"""Rendering a walk through a scene to arrays and files, in blocks of bounded memory."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np
import soundfile
from numpy.typing import NDArray

from sonovista.errors import InputError
from sonovista.render.ambisonic import AmbisonicRenderer
from sonovista.render.binaural import BinauralRenderer
from sonovista.render.limiter import KNEE
from sonovista.render.trajectory import Pose, Trajectory, still
from sonovista.scene.document import SAMPLE_RATE
from sonovista.scene.scene import Scene
from sonovista.signal.loudness import loop_loudness
from sonovista.whole_files import whole_file

BLOCK_SIZE = 256
MAXIMUM_SECONDS = 24 * 3600.0

Mode = Literal["binaural", "ambisonics"]


def render_binaural(
    scene: Scene, trajectory: Trajectory | Pose | None = None, duration: float | None = None, order: int = 3
) -> NDArray[np.float32]:
    """What a listener on a trajectory hears.

    Args:
        scene: with its sounds.
        trajectory: of the listener; a pose stays; None stays at the scene's start pose.
        duration: seconds; by default the trajectory's own, or 8 for a pose.
        order: Ambisonic order of the bus, 1 to 7.

    Returns:
        Left and right ear, 48 kHz, within +-1, shape `(2, samples)`.
    """
    return _collect(scene, trajectory, duration, "binaural", order)


def render_ambisonics(
    scene: Scene, trajectory: Trajectory | Pose | None = None, duration: float | None = None, order: int = 1
) -> NDArray[np.float32]:
    """The sound field along a trajectory, in the world's axes: the listener's angles do not matter.

    Args:
        scene: with its sounds.
        trajectory: of the listener; a pose stays; None stays at the scene's start pose.
        duration: seconds; by default the trajectory's own, or 8 for a pose.
        order: 0 to 7.

    Returns:
        AmbiX signals (ACN, SN3D), 48 kHz, unlimited, shape `((order + 1) ** 2, samples)`.
    """
    return _collect(scene, trajectory, duration, "ambisonics", order)


def render_file(
    scene: Scene,
    trajectory: Trajectory | Pose | None,
    path: str | Path,
    mode: Mode = "binaural",
    order: int | None = None,
    duration: float | None = None,
) -> None:
    """Render to a WAV file block by block, under a temporary name until it is whole.

    Args:
        scene: with its sounds.
        trajectory: of the listener; a pose stays; None stays at the scene's start pose.
        path: ends in `.wav`; its folder exists.
        mode: "binaural" (24 bit, two ears) or "ambisonics" (AmbiX: ACN, SN3D, world axes, 32-bit float).
        order: 1 to 7; by default 3 for binaural and 1 for Ambisonics.
        duration: seconds; by default the trajectory's own, or 8 for a pose.

    Raises:
        InputError: another ending, a folder that cannot be written, or more than 24 hours.
    """
    path = Path(path)
    if path.suffix.lower() != ".wav":
        raise InputError(f"{path}: expected a name that ends in .wav, found {path.suffix or 'no ending'!r}")
    order = {"binaural": 3, "ambisonics": 1}[mode] if order is None else order
    channels = 2 if mode == "binaural" else (order + 1) ** 2
    subtype, width = ("PCM_24", 3) if mode == "binaural" else ("FLOAT", 4)
    samples = _sample_count(scene, trajectory, duration)
    form = "RF64" if samples * channels * width > 2**32 - 2**16 else "WAV"  # plain WAV counts bytes in 32 bits
    options = {"samplerate": SAMPLE_RATE, "channels": channels, "subtype": subtype, "format": form}
    try:
        with whole_file(path) as temporary, soundfile.SoundFile(temporary, "w", **options) as file:
            for block in render_blocks(scene, trajectory, duration, mode, order):
                file.write(block.T)
    except soundfile.LibsndfileError as error:
        raise InputError(f"{path}: cannot be written: {error}") from None


def render_blocks(
    scene: Scene,
    trajectory: Trajectory | Pose | None = None,
    duration: float | None = None,
    mode: Mode = "binaural",
    order: int = 3,
) -> Iterator[NDArray[np.float32]]:
    """The same block by block; each is a view, shape `(channels, up to 256)`, that the next one overwrites."""
    samples = _sample_count(scene, trajectory, duration)
    path = _as_trajectory(scene, trajectory)
    renderer = (BinauralRenderer if mode == "binaural" else AmbisonicRenderer)(scene, order, BLOCK_SIZE)
    channels = 2 if mode == "binaural" else (order + 1) ** 2
    out = np.empty((channels, BLOCK_SIZE), np.float32)
    aligned = np.eye(3) if mode == "ambisonics" else None
    start = path.pose(0.0)
    renderer.jump_to(start.position, start.R_world_listener if aligned is None else aligned)
    for begin in range(0, samples, BLOCK_SIZE):
        pose = path.pose((begin + BLOCK_SIZE) / SAMPLE_RATE)
        renderer.render_block(pose.position, pose.R_world_listener if aligned is None else aligned, out)
        yield out[:, : samples - begin]


def estimate_listener_gain(scene: Scene, target_lufs: float = -23.0, seconds: float = 8.0) -> float:
    """Gain in dB that gives the mix at the start pose a loudness, or less where the limiter would act.

    Args:
        scene: with its sounds; the gain in its document is set aside.
        target_lufs: loudness of the binaural signal (ITU-R BS.1770-4, the ears' gated powers summed).
        seconds: that are listened to.

    Returns:
        For `document.listener.gain_db`, within its range; 0 for a silent scene.
    """
    # So soft that the limiter does nothing; levels then scale.
    soft_db = -120.0
    listener = scene.document.listener.model_copy(update={"gain_db": soft_db})
    soft = Scene(scene.document.model_copy(update={"listener": listener}), sounds=scene.sounds)
    ears = render_binaural(soft, None, seconds).astype(np.float64) * 10.0 ** (-soft_db / 20.0)
    power = sum(10.0 ** (loop_loudness(ear, SAMPLE_RATE) / 10.0) for ear in ears)
    if power <= 0.0:
        return 0.0
    by_loudness = target_lufs - 10.0 * np.log10(power)
    by_peak = 20.0 * np.log10(KNEE / np.abs(ears).max())
    return float(np.clip(min(by_loudness, by_peak), -120.0, 60.0))


def _collect(
    scene: Scene, trajectory: Trajectory | Pose | None, duration: float | None, mode: Mode, order: int
) -> NDArray[np.float32]:
    channels = 2 if mode == "binaural" else (order + 1) ** 2
    result = np.empty((channels, _sample_count(scene, trajectory, duration)), np.float32)
    begin = 0
    for block in render_blocks(scene, trajectory, duration, mode, order):
        result[:, begin : begin + block.shape[1]] = block
        begin += block.shape[1]
    return result


def _as_trajectory(scene: Scene, trajectory: Trajectory | Pose | None) -> Trajectory:
    if trajectory is None:
        return still(scene)
    if isinstance(trajectory, Pose):
        angles = np.array([[trajectory.yaw, trajectory.pitch, trajectory.roll]])
        return Trajectory(np.zeros(1), np.asarray(trajectory.position, float)[None], angles)
    return trajectory


def _sample_count(scene: Scene, trajectory: Trajectory | Pose | None, duration: float | None) -> int:
    if duration is None:
        duration = 8.0 if isinstance(trajectory, Pose) else _as_trajectory(scene, trajectory).duration
    if not 0.0 <= duration <= MAXIMUM_SECONDS:
        raise InputError(f"duration: expected 0 to {MAXIMUM_SECONDS:g} s, found {duration:g}")
    return round(duration * SAMPLE_RATE)
