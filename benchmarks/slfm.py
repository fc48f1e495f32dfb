r"""Sound direction and camera rotation by the shipped networks and by methods without learning, on given data.

    python benchmarks/slfm.py --examples SIMULATION/rotation-test.csv --sounds SPEECH/test > out/bench/slfm.json
    python benchmarks/slfm.py --examples SIMULATION/rotation-test.csv --sounds SPEECH/test --pairs 480 --no-vision \
        --delay RUNS/stereocrw/best.safetensors --delay RUNS/monoclr/best.safetensors
    python benchmarks/slfm.py --panoramas FOLDER --sounds SPEECH/test --head sphere:0.095:110 --pairs 1000

Without data, panoramas are made of the example photographs and sounds are noise: that says how long an answer takes.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from environment import environment
from PIL import Image

from sonovista.evaluate.slfm import evaluate_rotation, evaluate_sound
from sonovista.slfm.camera_rotation import rotation
from sonovista.slfm.config import DataOptions, SplitOptions
from sonovista.slfm.runtime import MotionNetworks
from sonovista.slfm.sound_direction import localize
from sonovista.slfm.streams.build import build_stream
from sonovista.slfm.streams.procedural import ViewOptions

ROOT = Path(__file__).parent.parent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--examples", help="folder, table or shards of stored examples")
    parser.add_argument("--panoramas", help="folder of equirectangular pictures")
    parser.add_argument("--sounds", help="folder of clean sounds")
    parser.add_argument("--head", action="append", help="SOFA file or sphere:RADIUS_M:EAR_AZIMUTH_DEG")
    parser.add_argument("--rt60", type=float, nargs=2, default=(0.1, 0.5))
    parser.add_argument("--pairs", type=int, default=40)
    parser.add_argument("--seconds", type=float, help="of sound; by default what the networks were trained on")
    parser.add_argument("--seed", type=int, default=2)
    parser.add_argument("--rotations", type=float, nargs=2, default=(10.0, 50.0), help="degrees")
    parser.add_argument("--pitch", type=float, default=-22.5, help="degrees")
    parser.add_argument("--no-vision", action="store_true")
    parser.add_argument("--no-sound", action="store_true")
    parser.add_argument("--no-classical", action="store_true")
    parser.add_argument("--width", type=int, default=320)
    parser.add_argument("--jitter", type=float, default=0.2)
    parser.add_argument("--model", help="folder of exported networks")
    parser.add_argument(
        "--delay", action="append", default=[], help="checkpoint of stereocrw or monoclr, for a row of its own"
    )
    options = parser.parse_args()
    networks = MotionNetworks(options.model)
    document: dict[str, Any] = {"environment": environment(), "options": vars(options), "model": networks.facts["name"]}
    with tempfile.TemporaryDirectory() as folder:
        if options.examples is None and options.panoramas is None:
            options.panoramas = folder
            _photographs_all_around(Path(folder))
        stream = build_stream(DataOptions(views=_views(options, networks)), _split(options))
        examples = [stream.example(number) for number in range(-(-options.pairs // 2))]
    if not options.no_sound:
        document["sound"] = evaluate_sound(examples, networks, _learned_delays(options.delay))
    if not options.no_vision:
        document["rotation"] = evaluate_rotation(
            examples, networks, not options.no_classical, np.radians(options.pitch)
        )
    document["seconds"] = _answer_times(examples[0], networks)
    print(json.dumps(document, indent=2))


def _views(options: argparse.Namespace, networks: MotionNetworks) -> ViewOptions:
    return ViewOptions(
        views=3,
        width=options.width,
        height=options.width * 3 // 4,
        seconds=networks.seconds if options.seconds is None else options.seconds,
        smallest_rotation_deg=options.rotations[0],
        largest_rotation_deg=options.rotations[1],
        small_rotations=1.0,
        pitch_deg=(options.pitch, options.pitch),
        jitter=options.jitter,
        noise_snr_db=None,
    )


def _split(options: argparse.Namespace) -> SplitOptions:
    return SplitOptions(
        folder=options.examples,
        pictures=not options.no_vision,
        panoramas=options.panoramas,
        sounds=options.sounds,
        heads=tuple(options.head or ["sphere:0.0875:100"]),
        rt60=tuple(options.rt60),
        places=400,
        first_place=2_000_000,
        seed=options.seed,
    )


def _learned_delays(paths: list[str]) -> dict[str, Callable[..., float]]:
    if not paths:
        return {}
    import torch

    from sonovista.slfm.learned_delay import LearnedDelay

    torch.set_num_threads(1)
    readers = [LearnedDelay.read(path) for path in paths]
    return {reader.name: reader.azimuth for reader in readers}


def _photographs_all_around(folder: Path) -> None:
    for path in sorted((ROOT / "examples").glob("*.jpg")):
        half = cv2.resize(np.asarray(Image.open(path).convert("RGB")), (1024, 1024), interpolation=cv2.INTER_AREA)
        Image.fromarray(np.concatenate([half, half[:, ::-1]], axis=1)).save(folder / f"{path.stem}.png")


def _answer_times(views: Any, networks: MotionNetworks) -> dict[str, float]:
    """Median seconds of one answer, networks loaded."""
    calls: dict[str, Callable[[], object]] = {
        "localize_10_s": lambda: localize(np.tile(views.binaural[0], (1, 10)), networks=networks),
    }
    if views.images.size:
        calls["rotation"] = lambda: rotation(views.images[0], views.images[1], networks=networks)
    out = {}
    for name, call in calls.items():
        times = []
        for _ in range(5):
            begun = time.perf_counter()
            call()
            times.append(time.perf_counter() - begun)
        out[name] = float(np.median(times))
    return out


if __name__ == "__main__":
    main()
