"""The simulator: whether its geometry and acoustics are true, how fast it is, and what memory it takes.

    python benchmarks/simulate.py [--examples 500] [--panoramas DIR] [--only geometry|speed|memory]

Geometry is checked on what lies on disk, in the format's own frame. Speed is of whole examples written to disk (4 views
of 320x240, 1 source); processor seconds are told beside the clock's, since the machine may be shared. Panoramas are
procedural where no folder of them is given. One JSON document goes to stdout.
"""

import argparse
import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from environment import environment
from numpy.typing import NDArray

from sonovista.acoustics.decay import decay_time
from sonovista.geometry import PerspectiveCamera
from sonovista.metrics.interaural import interaural_time_difference
from sonovista.simulate.example import SAMPLE_RATE, Example, ExampleOptions, Viewpoints
from sonovista.simulate.heads import measured_head
from sonovista.simulate.making import cameras_of
from sonovista.simulate.options import ExampleSet, SimulationOptions
from sonovista.simulate.reading import find_examples
from sonovista.simulate.simulation import simulate
from sonovista.simulate.storage.hm3d_ss import read_example

LOWEST_MEASURED = np.radians(-40.0)
PER_SCENE = 24


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description="Benchmark of the simulator.")
    parser.add_argument("--examples", type=int, default=500, help="for geometry")
    parser.add_argument("--room-share", type=float, default=0.4, help="of them in rooms, others in panoramas")
    parser.add_argument("--speed-examples", type=int, default=240, help="of each kind, for speed")
    parser.add_argument("--memory-examples", type=int, default=5000, help="panorama examples made by one process")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--panoramas", type=Path)
    parser.add_argument("--only", choices=("geometry", "speed", "memory"))
    arguments = parser.parse_args()
    document: dict[str, Any] = {"benchmark": "simulate", "environment": environment()}
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        panoramas = arguments.panoramas or procedural_panoramas(root / "panoramas")
        if arguments.only in (None, "geometry"):
            document["geometry"] = geometry(
                root, arguments.examples, arguments.room_share, panoramas, arguments.workers
            )
        if arguments.only in (None, "speed"):
            document["speed"] = speed(root, arguments.speed_examples, panoramas, arguments.workers)
        if arguments.only in (None, "memory"):
            document["memory"] = memory(root, arguments.memory_examples, panoramas)
    json.dump(document, sys.stdout, indent=2)
    print()


def options_of(kind: str, examples: int, panoramas: Path, seed: int = 7) -> SimulationOptions:
    """So many examples of a kind at the paper's sizes."""
    available = len(list(panoramas.iterdir())) if kind == "panoramas" else 10**6
    scenes = min(-(-examples // PER_SCENE), available)
    return SimulationOptions.model_validate(
        {
            "kind": kind,
            "folder": panoramas if kind == "panoramas" else None,
            "scenes": scenes,
            "seed": seed,
            "sets": [ExampleSet(examples=-(-examples // scenes))],
        }
    )


def procedural_panoramas(folder: Path, count: int = 10, height: int = 512) -> Path:
    """Panoramas of smooth noise, in place of photographs."""
    import cv2

    folder.mkdir()
    for i in range(count):
        noise = np.random.default_rng(i).uniform(0, 255, (height // 8, height // 4, 3)).astype(np.float32)
        picture = cv2.resize(noise, (2 * height, height), interpolation=cv2.INTER_CUBIC)
        cv2.imwrite(str(folder / f"noise-{i}.jpg"), np.clip(picture, 0, 255).astype(np.uint8))
    return folder


def geometry(root: Path, examples: int, room_share: float, panoramas: Path, workers: int) -> dict[str, Any]:
    """Angles, reprojection, time and level differences, reverberation times, where sources are."""
    rooms = round(room_share * examples)
    folders = []
    for kind, count in (("rooms", rooms), ("panoramas", examples - rooms)):
        if count:
            simulate(root / f"geometry-{kind}", options_of(kind, count, panoramas), workers=workers)
            folders.append(root / f"geometry-{kind}")
    expected_itd = itd_of_head()
    angle_errors, photometric, itd_errors, wrong_signs, t30, azimuths = [], [], [], 0, [], []
    beside, seen = 0, 0
    for folder in folders:
        for path in find_examples(folder)[1]:
            seen += 1
            example = read_example(folder / path)
            angle_errors.append(angle_error(folder / path))
            photometric += reprojection_errors(example)
            asked = float(np.asarray(example.record["rt60_asked"]))
            total = example.indirect.astype(float)
            total[..., : example.direct.shape[-1]] += example.direct
            t30.append([decay_time(r, SAMPLE_RATE) / asked - 1.0 for r in total.reshape(-1, total.shape[-1])])
            azimuths.append(example.viewpoints.azimuths[0, 0])
            for view in range(len(example.images)):
                left, right = example.direct[0, view]
                itd, ild = interaural_time_difference(left, right, SAMPLE_RATE), np.log((left @ left) / (right @ right))
                side = np.sin(example.viewpoints.azimuths[0, view])
                if abs(side) > 0.2:
                    beside += 1
                    wrong_signs += int(np.sign(itd) != np.sign(side) or np.sign(ild) != np.sign(side))
                direction = direction_in_head(example, view)
                if direction[2] > np.sin(LOWEST_MEASURED):
                    itd_errors.append(1e6 * abs(itd - expected_itd(direction)))
    t30_errors = np.abs(np.array(t30))
    means = np.abs(np.nanmean(np.array(t30), axis=1))
    return {
        "examples": seen,
        "largest_angle_error_deg": float(np.max(angle_errors)),
        "reprojection_median_error_of_255": quantiles(photometric, (0.5, 0.95, 1.0)),
        "views_beside": beside,
        "views_with_wrong_sign": wrong_signs,
        "itd_error_us": quantiles(itd_errors, (0.5, 0.95, 1.0)),
        "itd_error_above_30_us": float(np.mean(np.array(itd_errors) > 30.0)),
        "t30_error_of_an_example": quantiles(means, (0.5, 0.95, 1.0)),
        "t30_error_of_an_ear": quantiles(t30_errors[np.isfinite(t30_errors)], (0.5, 0.95, 1.0)),
        "ears_beyond_10_percent": float(np.mean(~(t30_errors <= 0.1))),
        "sources_front_left_behind_right": quarters(np.array(azimuths)),
    }


def quantiles(values: Any, at: tuple[float, ...]) -> dict[str, float]:
    """Named `p50` and so on."""
    return {f"p{100 * q:g}": round(float(np.quantile(np.asarray(values), q)), 5) for q in at}


def quarters(azimuths: NDArray[np.float64]) -> dict[str, Any]:
    """How many sources lie in each quarter, and the chi-squared test of equal shares."""
    from scipy.stats import chisquare

    index = (np.floor((azimuths + np.pi / 4) / (np.pi / 2)).astype(int)) % 4
    counts = np.bincount(index, minlength=4)
    return {"counts": counts.tolist(), "p_value": round(float(chisquare(counts).pvalue), 4)}


def angle_error(folder: Path) -> float:
    """Largest difference in degrees between stored angles and those of positions and quaternions."""
    data = json.loads((folder / "metadata.json").read_text())
    worst = 0.0
    for camera in range(sum("camera" in key and "position" in key for key in data)):
        w, x, y, z = data[f"camera_{camera}_rotation_in_quaternion"]
        forward = np.array([-2 * (x * z + w * y), -2 * (y * z - w * x), -(1 - 2 * (x * x + y * y))])
        left = np.cross([0.0, 1.0, 0.0], forward)
        offset = np.array(data["source_0_position"]) - data[f"camera_{camera}_position"]
        found = np.degrees(np.arctan2(offset @ left, offset @ forward))
        stored = data[f"relative_angle_between_sound_0_camera_{camera}"]
        turned = np.degrees(np.arctan2(-forward[0], -forward[2]))
        for difference in (found - stored, turned - data[f"camera_{camera}_angle"]):
            worst = max(worst, abs((difference + 180.0) % 360.0 - 180.0))
    return worst


def reprojection_errors(example: Example) -> list[float]:
    """Median absolute difference, of 255, between the first view and each other where they show the same direction."""
    options = ExampleOptions.model_validate(example.record["options"])
    cameras = cameras_of(example.viewpoints, options)
    return [
        error
        for k in range(1, len(cameras))
        if (error := reprojection_error(example.images[0], example.images[k], cameras[0], cameras[k])) is not None
    ]


def reprojection_error(
    first: NDArray[np.uint8], second: NDArray[np.uint8], one: PerspectiveCamera, other: PerspectiveCamera
) -> float | None:
    """Bilinear look-up of the second view where the first one's rays fall; None where they share next to nothing."""
    import cv2

    u, v, z = other.project(one.ray_directions() + np.asarray(other.position))
    inside = (z > 0.0) & (u > 1.0) & (u < other.width - 1.0) & (v > 1.0) & (v < other.height - 1.0)
    if inside.mean() < 0.02:
        return None
    columns, rows = (np.nan_to_num(a, nan=-9.0).astype(np.float32) - np.float32(0.5) for a in (u, v))
    moved = np.asarray(cv2.remap(second, columns, rows, cv2.INTER_LINEAR), float)
    return float(np.median(np.abs(moved - first)[inside]))


def direction_in_head(example: Example, view: int) -> NDArray[np.float64]:
    """Unit vector to the first source, in the axes of a level head that looks where the camera does."""
    points = example.viewpoints
    offset = points.sources[0] - points.cameras[view]
    c, s = np.cos(points.yaws[view]), np.sin(points.yaws[view])
    turned = np.array([c * offset[0] + s * offset[1], -s * offset[0] + c * offset[1], offset[2]])
    return turned / np.linalg.norm(turned)


def itd_of_head() -> Callable[[NDArray[np.float64]], float]:
    """The measured head's time difference for any direction, interpolated between measured ones."""
    from scipy.interpolate import RBFInterpolator

    head = measured_head("kemar")
    values = np.array([interaural_time_difference(left, right, SAMPLE_RATE) for left, right in head.hrirs])
    smooth = RBFInterpolator(head.directions, values, neighbors=16)
    return lambda direction: float(smooth(direction[None])[0])


def speed(root: Path, examples: int, panoramas: Path, workers: int) -> dict[str, Any]:
    """Examples a second by the clock and by the processors, start of the processes included."""
    out: dict[str, Any] = {"workers": workers}
    for kind in ("panoramas", "rooms"):
        # What is compiled on first use is compiled before.
        simulate(root / f"warm-{kind}", options_of(kind, 1, panoramas))
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        own = time.process_time()
        summary = simulate(root / f"speed-{kind}", options_of(kind, examples, panoramas, seed=8), workers=workers)
        seconds = time.perf_counter() - start
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime + time.process_time() - own
        out[kind] = {
            "examples": summary.made,
            "seconds": round(seconds, 2),
            "examples_a_second": round(summary.made / seconds, 2),
            "processor_seconds_an_example": round(processor / summary.made, 4),
            "examples_a_second_of_idle_processors": round(workers * summary.made / processor, 2),
        }
    out["acoustics_alone"] = acoustics_alone()
    return out


def acoustics_alone(examples: int = 40) -> dict[str, Any]:
    """Processor seconds of an example's acoustics: ours, and pyroomacoustics' image sources to ears without a head."""
    from sonovista.simulate.heads import load_head
    from sonovista.simulate.hearing import hear_box

    try:
        import pyroomacoustics  # pyright: ignore[reportMissingImports]
    except ImportError:
        pyroomacoustics = None
    rng = np.random.default_rng(0)
    head, ours, theirs = load_head(), 0.0, 0.0
    for i in range(examples + 1):
        size = np.array([*rng.uniform(3.2, 8.0, 2), rng.uniform(2.4, 3.6)])
        camera, source = (np.array([*rng.uniform(0.8, size[:2] - 0.8), 1.5]) for _ in range(2))
        rt60 = float(rng.uniform(0.15, 0.5))
        yaws = rng.uniform(0.0, 6.0, 4)
        start = time.process_time()
        hear_box(size, Viewpoints(np.repeat(camera[None], 4, 0), yaws, 0.0, source[None]), rt60, head, i)
        middle = time.process_time()
        if pyroomacoustics is not None:
            pra_example(pyroomacoustics, size, camera, source, rt60, yaws)
        if i:  # the first compiles
            ours += middle - start
            theirs += time.process_time() - middle
    peer = None if pyroomacoustics is None else round(theirs / examples, 4)
    return {"sonovista_seconds": round(ours / examples, 4), "pyroomacoustics_seconds": peer}


def pra_example(
    pra: Any,
    size: NDArray[np.float64],
    camera: NDArray[np.float64],
    source: NDArray[np.float64],
    rt60: float,
    yaws: Any,
) -> None:
    """All image sources that its inverse Sabine formula asks for, to two microphones at the ears of four views."""
    try:
        absorption, order = pra.inverse_sabine(rt60, size)
    except ValueError:
        absorption, order = 0.99, 3
    room = pra.ShoeBox(size, fs=SAMPLE_RATE, materials=pra.Material(min(absorption, 0.99)), max_order=order)
    room.add_source(source)
    across = [np.array([-np.sin(yaw), np.cos(yaw), 0.0]) for yaw in yaws]
    ears = [camera + 0.0875 * side * axis for axis in across for side in (1.0, -1.0)]
    room.add_microphone_array(np.array(ears).T)
    room.compute_rir()


def memory(root: Path, examples: int, panoramas: Path) -> dict[str, Any]:
    """Resident memory of a process that makes small panorama examples, a tenth of the way and at the end."""
    options = options_of("panoramas", examples, panoramas)
    small = ExampleOptions(width=80, height=60)
    options = options.model_copy(update={"sets": (options.sets[0].model_copy(update={"example": small}),)})
    seen: list[tuple[int, float]] = []

    def watch(summary: Any) -> None:
        seen.append((summary.made, resident_mib()))

    simulate(root / "memory", options, progress=watch)
    made = np.array([count for count, _ in seen])
    resident = np.array([mib for _, mib in seen])
    early, late = resident[made >= 0.1 * made[-1]][0], resident[-1]
    return {
        "examples": int(made[-1]),
        "resident_mib_at_a_tenth": round(float(early), 1),
        "resident_mib_at_the_end": round(float(late), 1),
        "largest_mib": round(float(resident.max()), 1),
    }


def resident_mib() -> float:
    """Of this process now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


if __name__ == "__main__":
    main()
