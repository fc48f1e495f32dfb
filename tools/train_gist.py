"""Fit the heads that tell attributes of a whole scene from features of the backbone; writes `understanding/gist.npz`.

The attributes of the fitting photos are in `tools/gist_labels.json`; a name like `panoramas/forest_slope_1k#120` is a
view to that azimuth in a panorama (`benchmarks/scene_sources.py`). Held-out photos are refused. One logistic regression
for each attribute, its strength of regularisation the same for all and chosen by the mean area under the ROC curve,
one photo left out at a time; each is then calibrated (Platt) on what it said of the photos that were left out.

Run `python tools/train_gist.py [--features FILE.npz]`; FILE keeps the features between runs.
"""

import argparse
import json
import sys
from collections import Counter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "benchmarks"), str(ROOT / "tools")]

from fetch_photos import fetch_all  # noqa: E402  # pyright: ignore[reportMissingImports]
from scene_sources import photo_of  # noqa: E402  # pyright: ignore[reportMissingImports]
from sklearn.linear_model import LogisticRegression  # noqa: E402
from sklearn.metrics import roc_auc_score  # noqa: E402

from sonovista.generate.understanding.gist import gist_features  # noqa: E402
from sonovista.vision.backbone import Backbone  # noqa: E402

OUTPUT = ROOT / "src" / "sonovista" / "generate" / "understanding" / "gist.npz"
LEAST_PHOTOS = 4
"""Attributes of fewer photos get no head."""
STRENGTHS = (3e-5, 3e-4, 3e-3)
"""Inverse strengths of regularisation that are tried, on standardised features."""


def features_of(names: list[str], path: Path | None) -> NDArray[np.float32]:
    """Features of the photos, shape `(photos, FEATURES)`, kept in `path`."""
    known: dict[str, NDArray[np.float32]] = {}
    if path is not None and path.exists():
        with np.load(path, allow_pickle=False) as stored:
            known = {name.replace("|", "/"): stored[name] for name in stored.files}
    missing = [name for name in names if name not in known]
    if missing:
        fetch_all()
        backbone = Backbone.load()
        known |= {name: gist_features(photo_of(name), backbone) for name in missing}
    if path is not None and missing:
        np.savez(path, **{name.replace("/", "|"): value for name, value in known.items()})  # pyright: ignore
    return np.stack([known[name] for name in names])


def fitted(x: NDArray, y: NDArray, strength: float) -> LogisticRegression:
    """A head."""
    return LogisticRegression(C=strength, class_weight="balanced", max_iter=500).fit(x, y)


def left_out(x: NDArray, y: NDArray, groups: NDArray, strength: float) -> NDArray[np.float64]:
    """Log odds of every photo by a head that has seen none of its group."""
    odds = np.zeros(len(y))
    for group in np.unique(groups):
        seen = groups != group
        odds[~seen] = fitted(x[seen], y[seen], strength).decision_function(x[~seen])
    return odds


def main() -> None:
    """Fit, write, and say how well each head does."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--features", type=Path)
    arguments = parser.parse_args()
    labels: dict[str, list[str]] = json.loads((ROOT / "tools" / "gist_labels.json").read_text())["photos"]
    held_out = json.loads((ROOT / "tools" / "photo_split.json").read_text())["held_out"]
    names = list(labels)
    groups = np.array([name.partition("#")[0] for name in names])
    if taken := set(groups) & set(held_out):
        raise SystemExit(f"expected fitting photos alone, found {', '.join(sorted(taken))}")
    counts = Counter(a for a, _ in {(a, n.partition("#")[0]) for n, own in labels.items() for a in own})
    attributes = sorted(attribute for attribute, count in counts.items() if count >= LEAST_PHOTOS)
    x = features_of(names, arguments.features)
    mean, scale = x.mean(axis=0), x.std(axis=0) + 1e-3
    # Heads lie in the span of the photos: in its coordinates the same problem is fifty times smaller.
    left, lengths, basis = np.linalg.svd((x - mean) / scale, full_matrices=False)
    x = left * lengths
    truth = {attribute: np.array([attribute in labels[name] for name in names]) for attribute in attributes}
    odds = {s: {a: left_out(x, truth[a], groups, s) for a in attributes} for s in STRENGTHS}
    areas = {s: {a: float(roc_auc_score(truth[a], odds[s][a])) for a in attributes} for s in STRENGTHS}
    best = max(STRENGTHS, key=lambda s: float(np.mean(list(areas[s].values()))))
    weights, biases, trust = [], [], []
    for attribute in attributes:
        head = fitted(x, truth[attribute], best)
        platt = LogisticRegression(C=1.0).fit(odds[best][attribute][:, None], truth[attribute])
        gain = max(float(platt.coef_[0, 0]), 0.0)
        weights.append(gain * head.coef_[0] @ basis)
        intercepts = [float(np.ravel(fit.intercept_)[0]) for fit in (head, platt)]
        biases.append(gain * intercepts[0] + intercepts[1])
        trust.append(max(0.0, 2.0 * areas[best][attribute] - 1.0))
    arrays = {
        "names": np.frombuffer(json.dumps(attributes).encode(), np.uint8),
        "mean": mean.astype(np.float16),
        "scale": scale.astype(np.float16),
        "weight": np.array(weights, np.float16),
        "bias": np.array(biases, np.float32),
        "trust": np.array(trust, np.float32),
    }
    np.savez_compressed(OUTPUT, **arrays)  # pyright: ignore[reportArgumentType]
    print(
        json.dumps(
            {
                "photos": len(names),
                "strength": best,
                "mean_area": {str(s): round(float(np.mean(list(areas[s].values()))), 4) for s in STRENGTHS},
                "area": {a: round(areas[best][a], 3) for a in attributes},
                "positives": {a: int(truth[a].sum()) for a in attributes},
                "bytes": OUTPUT.stat().st_size,
            },
            indent=1,
        )
    )


if __name__ == "__main__":
    main()
