"""Pictures and videos of a scene, drawn on the CPU."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sonovista.errors import InputError
from sonovista.geometry.cameras import PerspectiveCamera
from sonovista.render.offline import render_binaural
from sonovista.render.splats import render_view
from sonovista.render.trajectory import Pose, Trajectory
from sonovista.render.video import write_video
from sonovista.scene.document import SAMPLE_RATE
from sonovista.scene.gaussians import Gaussians
from sonovista.scene.scene import Scene


def camera_at(pose: Pose, width: int, height: int, horizontal_fov: float) -> PerspectiveCamera:
    """The camera of a listener who looks ahead; `horizontal_fov` in radians."""
    x, y, z = (float(value) for value in pose.position)
    return PerspectiveCamera(width, height, horizontal_fov, pose.yaw, pose.pitch, pose.roll, (x, y, z))


def render_picture(
    scene: Scene, pose: Pose, width: int = 960, height: int = 600, horizontal_fov: float | None = None
) -> NDArray[np.uint8]:
    """What is seen at a pose.

    Args:
        scene: with its Gaussians.
        pose: of the eye.
        width: pixels.
        height: pixels.
        horizontal_fov: radians; the scene's own by default.

    Returns:
        RGB, shape `(height, width, 3)`, uint8.

    Raises:
        InputError: the scene has no Gaussians.
    """
    gaussians = _gaussians(scene)
    fov = _fov(scene, horizontal_fov)
    return render_view(gaussians, camera_at(pose, width, height, fov))


def render_video_file(
    scene: Scene,
    trajectory: Trajectory,
    path: str | Path,
    width: int = 640,
    height: int = 400,
    horizontal_fov: float | None = None,
    frame_rate: int = 24,
    order: int = 3,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Write what is seen and heard along a trajectory as MP4 (H.264, AAC).

    Args:
        scene: with its Gaussians and sounds.
        trajectory: of the listener, who looks ahead.
        path: of the file.
        width: pixels, even.
        height: pixels, even.
        horizontal_fov: radians; the scene's own by default.
        frame_rate: frames a second.
        order: Ambisonic order of the sound.
        progress: told how many frames are drawn, and of how many.

    Raises:
        InputError: the scene has no Gaussians, or the file cannot be written.
    """
    gaussians = _gaussians(scene)
    fov = _fov(scene, horizontal_fov)
    seconds = max(trajectory.duration, 1.0 / frame_rate)
    count = max(1, round(seconds * frame_rate))
    audio = render_binaural(scene, trajectory, seconds, order)

    def frames() -> Iterator[NDArray[np.uint8]]:
        for index in range(count):
            if progress is not None:
                progress(index, count)
            yield render_view(gaussians, camera_at(trajectory.pose(index / frame_rate), width, height, fov))

    write_video(path, frames(), frame_rate, audio=audio, sample_rate=SAMPLE_RATE)


def _gaussians(scene: Scene) -> Gaussians:
    if scene.gaussians is None:
        raise InputError("scene: expected Gaussians to draw, found none")
    return scene.gaussians


def _fov(scene: Scene, horizontal_fov: float | None) -> float:
    if horizontal_fov is not None:
        return horizontal_fov
    return float(np.deg2rad(scene.document.listener.horizontal_fov_deg))
