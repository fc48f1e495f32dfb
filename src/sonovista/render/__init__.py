"""What is heard and seen of a scene at a pose."""

from sonovista.render.ambisonic import AmbisonicRenderer
from sonovista.render.binaural import BinauralRenderer
from sonovista.render.offline import render_ambisonics, render_binaural, render_file
from sonovista.render.trajectory import Pose, Trajectory

__all__ = [
    "AmbisonicRenderer",
    "BinauralRenderer",
    "Pose",
    "Trajectory",
    "render_ambisonics",
    "render_binaural",
    "render_file",
]
