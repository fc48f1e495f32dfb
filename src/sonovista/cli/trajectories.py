"""Trajectories as they are named on the command line."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sonovista.render.trajectory import Trajectory
    from sonovista.scene import Scene


def named_trajectory(scene: "Scene", name: str, seconds: float) -> "Trajectory":
    """`still` or `orbit` of so many seconds, or that of a .csv or .json file."""
    from sonovista.render.trajectory import load, orbit, still

    if name == "still":
        return still(scene, seconds)
    if name == "orbit":
        return orbit(scene, seconds=seconds)
    return load(name)
