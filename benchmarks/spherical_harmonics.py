"""Spherical harmonics, rotation and encoding beside spaudiopy and spharpy, on one core; prints one JSON document.

    python benchmarks/spherical_harmonics.py [--directions 100000] [--rotations 200] [--repeats 7]

Order 7 in float64. `seconds`: median of the repeats after one run that is not counted; the runs of all libraries take
turns. `times_faster`: the peer's median by ours. `difference`: the greatest absolute difference in N3D. A moving source
is encoded with a direction of its own at every sample; neither peer has that, so it is put together from the peer's
harmonics (`sh_matrix(...) * signal`, transposed). spaudiopy's rotation matrices are made by yaw, pitch and roll,
spharpy's from matrices, both one by one where they know no stacks.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("NUMBA_NUM_THREADS", "1")

import argparse
import contextlib
import json
import sys
import time
import warnings
from collections.abc import Callable
from importlib import metadata
from typing import Any

import numpy as np
import scipy.special
from environment import environment
from numpy.typing import NDArray

from sonovista.ambisonics import encode, rotation_matrix, spherical_harmonics
from sonovista.geometry import rotation_from_yaw_pitch_roll

ORDER, SEED = 7, 0
DEGREE = np.repeat(np.arange(ORDER + 1), 2 * np.arange(ORDER + 1) + 1)
Call = Callable[[], NDArray[Any]]


def import_peers() -> tuple[Any, Any]:
    """The two peers: spaudiopy greets on stdout and wants a function that SciPy 1.17 took away."""
    warnings.simplefilter("ignore")
    if not hasattr(scipy.special, "sph_harm"):
        old = lambda m, n, azimuth, zenith: scipy.special.sph_harm_y(n, m, zenith, azimuth)  # noqa: E731
        setattr(scipy.special, "sph_harm", old)  # noqa: B010 - type checkers know that it is gone
    with contextlib.redirect_stdout(sys.stderr):
        import spaudiopy  # pyright: ignore[reportMissingImports]
        import spharpy  # pyright: ignore[reportMissingImports]
    return spaudiopy, spharpy


def compare(calls: dict[str, Call], repeats: int) -> dict[str, Any]:
    """Time calls in turn; the first is ours, and the others' values are held against its."""
    wanted = calls["sonovista"]()
    result: dict[str, Any] = {
        name: {} if name == "sonovista" else {"difference": float(np.abs(call() - wanted).max())}
        for name, call in calls.items()
    }
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(repeats):
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            seconds[name].append(time.perf_counter() - start)
    for name, times in seconds.items():
        result[name]["seconds"] = round(float(np.median(times)), 5)
        result[name]["spread_s"] = [round(min(times), 5), round(max(times), 5)]
        if name != "sonovista":
            result[name]["times_faster"] = round(float(np.median(times) / np.median(seconds["sonovista"])), 1)
    return result


def harmonics_calls(azimuth: NDArray[np.float64], elevation: NDArray[np.float64]) -> dict[str, Call]:
    """All in N3D: the peers' mean square over the sphere is 1 / (4 pi)."""
    import pyfar  # pyright: ignore[reportMissingImports]

    spaudiopy, spharpy = import_peers()
    points = pyfar.Coordinates.from_spherical_elevation(azimuth, elevation, 1.0)
    scale = np.sqrt(4.0 * np.pi)

    return {
        "sonovista": lambda: spherical_harmonics(ORDER, azimuth, elevation, "n3d"),
        "spaudiopy": lambda: np.multiply(spaudiopy.sph.sh_matrix(ORDER, azimuth, 0.5 * np.pi - elevation), scale),
        "spharpy": lambda: np.multiply(spharpy.spherical.spherical_harmonic_basis_real(ORDER, points), scale),
    }


def encoding_calls(
    signal: NDArray[np.float64], azimuth: NDArray[np.float64], elevation: NDArray[np.float64]
) -> dict[str, Call]:
    """A moving source; the peers' harmonics times the signal."""
    peers = harmonics_calls(azimuth, elevation)
    return {
        "sonovista": lambda: encode(signal, azimuth, elevation, ORDER, "n3d"),
        "spaudiopy": lambda: np.ascontiguousarray(peers["spaudiopy"]().T) * signal,
        "spharpy": lambda: np.ascontiguousarray(peers["spharpy"]().T) * signal,
    }


def static_encoding_calls(signals: NDArray[np.float64], angles: NDArray[np.float64]) -> dict[str, Call]:
    """Sources that stay where they are, summed into one field."""
    spaudiopy, _ = import_peers()
    azimuth, elevation = angles
    scale = np.sqrt(4.0 * np.pi)
    return {
        "sonovista": lambda: np.asarray(spherical_harmonics(ORDER, azimuth, elevation, "n3d").T @ signals, float),
        "spaudiopy": lambda: spaudiopy.sph.src_to_sh(signals, azimuth, 0.5 * np.pi - elevation, ORDER) * scale,
    }


def rotation_calls(angles: NDArray[np.float64]) -> dict[str, Call]:
    """Matrices of many rotations at once."""
    spaudiopy, spharpy = import_peers()
    turns = np.stack([rotation_from_yaw_pitch_roll(*ypr) for ypr in angles])
    definition = spharpy.SphericalHarmonicDefinition(n_max=ORDER)
    as_spharpy = [spharpy.transforms.SphericalHarmonicRotation.from_matrix(turn) for turn in turns]

    def by_spaudiopy() -> NDArray[np.float64]:
        # the same axes in the same order; its yaw and roll have the other sign
        return np.stack([spaudiopy.sph.sh_rotation_matrix(ORDER, *ypr) for ypr in angles * [-1.0, 1.0, -1.0]])

    def by_spharpy() -> NDArray[np.float64]:
        return np.stack([np.asarray(r.as_spherical_harmonic_matrix(definition)).reshape(64, 64) for r in as_spharpy])

    return {"sonovista": lambda: rotation_matrix(turns, ORDER), "spaudiopy": by_spaudiopy, "spharpy": by_spharpy}


def main() -> None:
    parser = argparse.ArgumentParser(description="Spherical harmonics, rotation and encoding beside two peers.")
    parser.add_argument("--directions", type=int, default=100_000)
    parser.add_argument("--rotations", type=int, default=200)
    parser.add_argument("--repeats", type=int, default=7)
    arguments = parser.parse_args()
    rng = np.random.default_rng(SEED)
    azimuth = rng.uniform(-np.pi, np.pi, arguments.directions)
    elevation = np.arcsin(rng.uniform(-1.0, 1.0, arguments.directions))
    signal = rng.normal(size=arguments.directions)
    results = {
        "harmonics": compare(harmonics_calls(azimuth, elevation), arguments.repeats),
        "encoding_moving_source": compare(encoding_calls(signal, azimuth, elevation), arguments.repeats),
        "encoding_64_static_sources_1_s": compare(
            static_encoding_calls(rng.normal(size=(64, 48_000)), np.stack([azimuth[:64], elevation[:64]])),
            arguments.repeats,
        ),
        "rotation_matrices": compare(
            rotation_calls(rng.uniform(-np.pi, np.pi, (arguments.rotations, 3)) * [1.0, 0.5, 1.0]), arguments.repeats
        ),
    }
    settings = vars(arguments) | {"order": ORDER, "seed": SEED, "dtype": "float64"}
    peers = {name: metadata.version(name) for name in ("spaudiopy", "spharpy", "pyfar")}
    print(json.dumps({"environment": environment() | {"peers": peers}, **settings, "results": results}, indent=2))


if __name__ == "__main__":
    main()
