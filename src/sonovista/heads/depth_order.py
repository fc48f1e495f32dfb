"""Order of points in photos, marked by looking: renders tell how far things are, photos what photos look like.

After Chen et al., "Single-Image Depth Perception in the Wild", NIPS 2016, sec. 4.

Run: python -m sonovista.heads.depth_order PHOTOS LOOKS [--marks tools/depth_order.json]
"""

import argparse
import json
import zlib
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from sonovista.errors import InputError
from sonovista.generate.depth.relative import look_at
from sonovista.heads.depth_network import DepthHead, normalise
from sonovista.whole_files import whole_file

MARKS = Path(__file__).parents[3] / "tools" / "depth_order.json"
LONGEST = (38, 28)
"""Patches along a photo's longer side: as a scene looks at photos, and as renders are looked at."""
STEP = 0.15
"""Of a photo's log distance, in its mean deviations, by which the further point must lie behind the nearer one. No more
is asked: that would draw near things out of the ground that they stand on."""


def read_marks(path: Path) -> dict[str, list[NDArray[np.float64]]]:
    """Sets of points by photo, each `(n, 3)`: fractions of width and height from the top left corner, and rank.

    Rank 1 is nearest; points of one set with the same rank are about equally far, or nobody could tell.

    Raises:
        InputError: there is no such file, or a set is not of that form.
    """
    try:
        photos = json.loads(path.read_text(encoding="utf-8"))["photos"]
        marks = {str(name): [np.array(points, float) for points in sets] for name, sets in photos.items()}
    except (OSError, UnicodeDecodeError, ValueError, KeyError, TypeError, AttributeError):
        raise InputError(f"{path}: expected sets of points by photo, found none that can be read") from None
    for name, sets in marks.items():
        for points in sets:
            if points.ndim != 2 or points.shape[1] != 3 or not ((points[:, :2] > 0) & (points[:, :2] < 1)).all():
                raise InputError(f"{path}: {name}: expected points of fractions and rank, found {points.tolist()}")
    return marks


def pairs_of(sets: list[NDArray[np.float64]]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """All pairs of points of unlike rank within a set: nearer and further, each `(n, 2)`."""
    near, far = [], []
    for points in sets:
        first, second = np.nonzero(points[:, None, 2] < points[None, :, 2])
        near.append(points[first, :2])
        far.append(points[second, :2])
    return (
        np.concatenate(near).astype(np.float32).reshape(-1, 2),
        np.concatenate(far).astype(np.float32).reshape(-1, 2),
    )


def part(name: str) -> str:
    """Which of train and validation a photo belongs to: a fifth is never trained on."""
    return "validation" if zlib.crc32(name.encode()) % 5 == 0 else "train"


def marked_photos(which: str) -> dict[str, list[NDArray[np.float64]]]:
    """The project's marks of one part, see `read_marks`."""
    return {name: sets for name, sets in read_marks(MARKS).items() if part(name) == which}


def compute_looks(photos: Path, looks: Path, marks: dict[str, list[NDArray[np.float64]]]) -> None:
    """Features and small pictures of all marked photos that have none, at both sizes."""
    from sonovista.vision.backbone import Backbone

    looks.mkdir(parents=True, exist_ok=True)
    backbone = Backbone.load(threads=1)
    for name in marks:
        found = cv2.imread(str(photos / f"{name}.png"))
        if found is None:
            raise InputError(f"{photos / name}.png: expected a photo (tools/fetch_photos.py), found none")
        image = np.ascontiguousarray(found[..., ::-1], np.uint8)
        for longest in LONGEST:
            target = _look(looks, name, longest)
            if target.exists():
                continue
            features, picture = look_at(image, longest, backbone)
            with whole_file(target) as temporary, temporary.open("wb") as file:
                np.savez(file, features=features.astype(np.float16), picture=picture)


def _look(looks: Path, name: str, longest: int) -> Path:
    return looks / f"{name.replace('/', '_')}.{longest}.npz"


def read_look(looks: Path, name: str, longest: int, flip: bool = False) -> tuple[Tensor, Tensor]:
    """A photo's features `(1, 3 * 384, rows, columns)` and picture less 0.5 `(1, 3, 7 rows, 7 columns)`."""
    with np.load(_look(looks, name, longest)) as file:
        features, picture = file["features"].astype(np.float32), file["picture"].astype(np.float32)
    picture = picture.transpose(2, 0, 1) / np.float32(255.0) - np.float32(0.5)
    if flip:
        features, picture = features[..., ::-1], picture[..., ::-1]
    return torch.from_numpy(np.ascontiguousarray(features[None])), torch.from_numpy(np.ascontiguousarray(picture[None]))


def order_loss(output: Tensor, near: Tensor, far: Tensor) -> Tensor:
    """Mean of what pairs lack of the step that is asked for, in such steps.

    Args:
        output: of `DepthHead` for one photo, shape `(1, 2, h, w)`.
        near: points, fractions of width and height, shape `(n, 2)`.
        far: points that lie behind them, shape `(n, 2)`.
    """
    seen = (output[:, 1] < 0).float().detach()
    log_distance = normalise(output[:, 0], seen)
    step = values_at(log_distance, far) - values_at(log_distance, near)
    return functional.relu(1.0 - step / STEP).mean()


def photo_loss(
    rng: np.random.Generator, model: DepthHead, looks: Path, photos: dict[str, list[NDArray[np.float64]]], coarse: bool
) -> Tensor:
    """Loss of the order of points in one of the photos, looked at in one of two sizes, mirrored or not.

    `coarse` asks the network without the picture, at twice the patches' grid.
    """
    name = str(rng.choice(list(photos)))
    flip = bool(rng.random() < 0.5)
    features, picture = read_look(looks, name, int(rng.choice(LONGEST)), flip)
    near, far = pairs_of(photos[name])
    if flip:
        near, far = ([1.0, 0.0] + np.array([-1.0, 1.0], np.float32) * points for points in (near, far))
    output = model.coarse(model.trunk(features)) if coarse else model(features, picture)
    return order_loss(output, *(torch.from_numpy(np.asarray(points, np.float32)) for points in (near, far)))


def values_at(grid: Tensor, points: Tensor) -> Tensor:
    """Values of a grid `(1, h, w)` at points, fractions of its width and height, linearly between cells."""
    places = (2.0 * points - 1.0).reshape(1, -1, 1, 2)
    return functional.grid_sample(grid[None], places, padding_mode="border", align_corners=False).reshape(-1)


def ordered_rightly(model: DepthHead, looks: Path, marks: dict[str, list[NDArray[np.float64]]]) -> dict[str, float]:
    """Share of pairs in the right order as a scene looks at photos (and mirrored), means over photos."""
    shares, beside = [], []
    for name, sets in marks.items():
        answers = []
        for flip in (False, True):
            with torch.no_grad():
                answer = model(*read_look(looks, name, LONGEST[0], flip))
            answers.append(answer.flip(3) if flip else answer)
        near, far = pairs_of(sets)
        log_distance = 0.5 * (answers[0] + answers[1])[:, 0]
        right = (values_at(log_distance, torch.tensor(far)) > values_at(log_distance, torch.tensor(near))).numpy()
        level = np.abs(near[:, 1] - far[:, 1]) < 0.03
        shares.append(float(right.mean()))
        if level.any():
            beside.append(float(right[level].mean()))
    return {"photos": len(shares), "right": float(np.mean(shares)), "right_in_a_row": float(np.mean(beside))}


def main() -> None:
    """Compute features of marked photos."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path, help="what tools/fetch_photos.py fetched")
    parser.add_argument("looks", type=Path, help="folder to write")
    parser.add_argument("--marks", type=Path, default=MARKS)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    compute_looks(arguments.photos, arguments.looks, read_marks(arguments.marks))


if __name__ == "__main__":
    main()
