"""Calibrate what the ImageNet network says of things, on the fitting photos of `photo_split.json` alone.

Run `python tools/fit_imagenet_confidence.py`; it prints what it sees in the fitting photos beside what was judged of it
by eye (`imagenet_judgements.json`: whether the thing is there, in or near the box), fits `_SLOPE`, `_FOR_CLASSES` and
`_OFFSET` of `generate/understanding/imagenet_things.py` by logistic regression, and prints them with the precision and
the share of what is there at several thresholds. What is not judged yet is written with `null`, to be filled in.
"""

import json
import sys
from pathlib import Path

import numpy as np
from fetch_photos import fetch_all
from numpy.typing import NDArray
from scipy.optimize import minimize

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "benchmarks"))

from scene_sources import photo_of  # noqa: E402  # pyright: ignore[reportMissingImports]

from sonovista.generate.understanding.imagenet_things import see_things, shipped_things  # noqa: E402

JUDGEMENTS = ROOT / "tools" / "imagenet_judgements.json"
LEAST_SCORE = 0.25
"""Below it hardly anything is there, and it is not judged."""
AZIMUTHS = (0, 90, 180, 270)
PRIOR = 0.1
"""Weight of the squares of the coefficients."""


def names() -> list[str]:
    """The fitting photos; of panoramas four views."""
    split = json.loads((ROOT / "tools" / "photo_split.json").read_text())["fitting"]
    flat = [name for name in split if not name.startswith("panoramas/")]
    return flat + [f"{name}#{a}" for name in split if name.startswith("panoramas/") for a in AZIMUTHS]


def fit(scores: NDArray[np.float64], classes: NDArray[np.float64], there: NDArray[np.float64]) -> NDArray[np.float64]:
    """Slope, factor of the logarithm of the number of classes (at most 0) and offset."""
    inputs = np.stack([np.log(scores / (1.0 - scores)), np.log(classes), np.ones_like(scores)], axis=1)

    def loss(coefficients: NDArray[np.float64]) -> float:
        logits = inputs @ coefficients
        likelihood = np.logaddexp(0.0, logits) - there * logits
        return float(likelihood.sum() + PRIOR * np.sum(coefficients[:2] ** 2))

    return np.asarray(minimize(loss, [1.0, 0.0, 0.0], bounds=[(0.0, None), (None, 0.0), (None, None)]).x)


def main() -> None:
    """Print what is seen in the fitting photos and what follows from it."""
    fetch_all()
    judged: dict[str, dict[str, bool | None]] = json.loads(JUDGEMENTS.read_text())["photos"]
    rows: list[tuple[float, int, bool]] = []
    missing: dict[str, dict[str, None]] = {}
    for name in names():
        for one in see_things(photo_of(name)):
            if one.score < LEAST_SCORE:
                continue
            there = judged.get(name, {}).get(one.thing)
            print(f"{one.score:.3f} {one.confidence:.2f} {one.thing:16} {one.seen:18} {name:42} {there}", flush=True)
            if there is None:
                missing.setdefault(name, {})[one.thing] = None
            else:
                rows.append((one.score, len(shipped_things()[one.thing].numbers()), there))
    scores, classes, there = (np.array(column, float) for column in zip(*rows, strict=True))
    slope, for_classes, offset = fit(scores, classes, there)
    print(f"_SLOPE, _FOR_CLASSES, _OFFSET = {slope:.2f}, {for_classes:.2f}, {offset:.2f}")
    logits = slope * np.log(scores / (1.0 - scores)) + for_classes * np.log(classes) + offset
    for threshold in (0.3, 0.4, 0.5, 0.6):
        taken = logits >= np.log(threshold / (1.0 - threshold))
        share, right = there[taken].sum() / there.sum(), there[taken].mean()
        print(f"{threshold}: {taken.sum()} of {len(rows)} taken, right {right:.2f}, of what is there {share:.2f}")
    if missing:
        print("to be judged:", json.dumps(missing))


if __name__ == "__main__":
    main()
