"""Training of the depth head, by one command and one configuration: features once, then epochs that can be resumed.

Run: python -m sonovista.heads.depth_training features RENDERS
     python -m sonovista.heads.depth_training train RENDERS OUTPUT [--config FILE] [--start RUN] [--looks LOOKS]
"""

import argparse
import json
import time
import zlib
from importlib.resources import files
from pathlib import Path

import cv2
import numpy as np
import yaml
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from sonovista.errors import InputError
from sonovista.heads.depth_network import LAYERS, OUT, DepthHead, depth_loss
from sonovista.heads.depth_order import marked_photos, ordered_rightly, photo_loss
from sonovista.whole_files import whole_file

ROWS, COLUMNS = 21, 28


class DepthTraining(BaseModel):
    """How the depth head is trained."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    width: int = Field(default=64, ge=16, le=256, description="Channels on the patches' grid.")
    attention: int = Field(default=0, ge=0, le=8, description="Blocks of attention on the patches' grid.")
    minutes: float = Field(default=20.0, gt=0.0, description="The learning rate falls to nothing over this time.")
    batch: int = Field(default=6, ge=1)
    learning_rate: float = Field(default=2e-3, gt=0.0)
    weight_decay: float = Field(default=1e-2, ge=0.0)
    gradient_weight: float = Field(default=0.5, ge=0.0)
    sky_weight: float = Field(default=0.6, ge=0.0)
    row_weight: float = Field(default=0.0, ge=0.0)
    window_share: float = Field(
        default=0.0, ge=0.0, le=1.0, description="Of the batches, trained on a window of the crops instead of all."
    )
    dropped: float = Field(default=0.0, ge=0.0, lt=1.0, description="Share of a crop's features that is left out.")
    mean_decay: float = Field(default=0.0, ge=0.0, lt=1.0, description="Of the running mean of weights; 0: none.")
    coarse_share: float = Field(
        default=0.6, ge=0.0, le=1.0, description="Of the time, trained without the picture: twice the patches' grid."
    )
    coarse_batch: int = Field(default=10, ge=1)
    order_weight: float = Field(default=0.0, ge=0.0, description="Of the order of points marked in photos.")
    seed: int = 0


def part(name: str) -> str:
    """Which of test, validation and train a crop belongs to, by scene: a tenth, a tenth, the rest."""
    scene = name.rsplit("-", 1)[0]
    bucket = zlib.crc32(scene.encode()) % 10
    return {0: "test", 1: "validation"}.get(bucket, "train")


def names(renders: Path, which: str) -> list[str]:
    """Crops of a part whose features are there."""
    found = (path.name[: -len(".features.npy")] for path in renders.glob("*.features.npy"))
    return sorted(name for name in found if part(name) == which)


def compute_features(renders: Path, wait: float) -> None:
    """Features of all crops that have none, float16; goes on until no new crop has come for `wait` seconds."""
    from sonovista.vision.backbone import Backbone

    backbone = Backbone.load(threads=1)
    last = time.monotonic()
    while time.monotonic() - last < wait:
        for path in sorted(renders.glob("*-?.npy")):
            target = path.with_name(path.stem + ".features.npy")
            picture = cv2.imread(str(path.with_suffix(".jpg")))
            if target.exists() or picture is None:
                continue
            features = backbone(np.ascontiguousarray(picture[..., ::-1], np.uint8), ROWS, COLUMNS, LAYERS)
            with whole_file(target) as temporary, temporary.open("wb") as file:
                np.save(file, features.transpose(0, 3, 1, 2).astype(np.float16))
            last = time.monotonic()
        time.sleep(1.0)


def read_crop(renders: Path, name: str, flip: bool, seen: bool = True) -> tuple[NDArray, NDArray, NDArray]:
    """Features `(3 * 384, rows, columns)`, the picture at half size less 0.5 `(3, h, w)`, log metres `(h, w)`.

    The picture is left grey where it need not be `seen`.
    """
    features = np.load(renders / f"{name}.features.npy").reshape(-1, ROWS, COLUMNS)
    grey = np.full((ROWS * OUT, COLUMNS * OUT, 3), 128, np.uint8)
    picture = np.asarray(cv2.imread(str(renders / f"{name}.jpg"))) if seen else grey
    small = cv2.resize(picture, (COLUMNS * OUT, ROWS * OUT), interpolation=cv2.INTER_AREA)[..., ::-1]
    rgb = small.transpose(2, 0, 1).astype(np.float32) / 255.0 - 0.5
    depth = np.load(renders / f"{name}.npy").astype(np.float32)
    if flip:
        # The backbone is nearly but not wholly equivariant to flips; its flipped features serve as augmentation.
        return features[..., ::-1].astype(np.float32), rgb[..., ::-1].copy(), depth[:, ::-1].copy()
    return features.astype(np.float32), rgb, depth


def batch_of(renders: Path, chosen: list[str], flips: list[bool], seen: bool = True):
    """Three tensors of some crops, as `read_crop` has them."""
    import torch

    crops = [read_crop(renders, name, flip, seen) for name, flip in zip(chosen, flips, strict=True)]
    return tuple(torch.from_numpy(np.ascontiguousarray(np.stack(arrays))) for arrays in zip(*crops, strict=True))


def train(
    renders: Path, output: Path, config: DepthTraining, start: Path | None = None, looks: Path | None = None
) -> None:
    """Train until the time is up; what is in `output` is gone on from, or else the network of an earlier run.

    `looks` has features of photos in which the order of points is marked (see `depth_order`), for `order_weight`.
    """
    import torch

    if config.order_weight and looks is None:
        raise InputError("order_weight: expected --looks, the features of marked photos, found none")
    torch.set_num_threads(1)
    torch.manual_seed(config.seed)
    output.mkdir(parents=True, exist_ok=True)
    model = DepthHead(config.width, config.attention)
    if start is not None:  # what that network has not is as it began
        model.load_state_dict(read_network(start / "state.safetensors").state_dict(), strict=False)
    optimiser = torch.optim.AdamW(model.parameters(), config.learning_rate, weight_decay=config.weight_decay)
    means = {key: value.clone() for key, value in model.state_dict().items()}
    step, spent = 0, 0.0
    state_path = output / "state.safetensors"
    if state_path.exists():
        step, spent = _restore(state_path, model, optimiser, means)
    began, saved = time.monotonic() - spent, time.monotonic()
    rng = np.random.default_rng([config.seed, step])
    order: list[str] = []
    photos = marked_photos("train") if config.order_weight else {}
    running: list[float] = []
    while (elapsed := time.monotonic() - began) < 60.0 * config.minutes:
        coarse = elapsed < config.coarse_share * 60.0 * config.minutes
        batch = config.coarse_batch if coarse else config.batch
        if len(order) < batch:
            order = list(rng.permutation(names(renders, "train")))  # crops that came meanwhile take part
            if not order:
                time.sleep(5.0)
                continue
        chosen = [str(order.pop()) for _ in range(min(batch, len(order)))]
        tensors = batch_of(renders, chosen, [bool(f) for f in rng.random(len(chosen)) < 0.5], not coarse)
        if rng.random() < config.window_share:
            tensors = _window(rng, *tensors)
        progress = elapsed / (60.0 * config.minutes)
        for group in optimiser.param_groups:
            group["lr"] = config.learning_rate * min(1.0, (step + 1) / 60.0) * 0.5 * float(1 + np.cos(np.pi * progress))
        loss = _loss(model, *tensors, coarse, config)
        if photos and looks is not None:
            loss = loss + config.order_weight * photo_loss(rng, model, looks, photos, coarse)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        step += 1
        _follow(means, model, min(config.mean_decay, step / (step + 10.0)))
        running.append(float(loss.detach()))
        if time.monotonic() - saved > 45.0:
            _save(state_path, model, optimiser, means, step, time.monotonic() - began)
            saved = time.monotonic()
            print(f"{step} steps, {elapsed:.0f} s, {len(order)} left, loss {np.mean(running):.4f}", flush=True)
            running = []
    _save(state_path, model, optimiser, means, step, time.monotonic() - began)
    network = read_network(state_path)
    print(json.dumps(evaluate(renders, network, "validation")), flush=True)
    if photos and looks is not None:
        print(json.dumps(ordered_rightly(network, looks, marked_photos("validation"))), flush=True)


def _window(rng: np.random.Generator, features, picture, depth):
    """A part of all crops of a batch: from half of their height and width to nearly all."""
    h, w = int(rng.integers(ROWS // 2 + 1, ROWS)), int(rng.integers(COLUMNS // 2 + 1, COLUMNS))
    y, x = int(rng.integers(ROWS - h + 1)), int(rng.integers(COLUMNS - w + 1))
    rows, columns = slice(OUT * y, OUT * (y + h)), slice(OUT * x, OUT * (x + w))
    return features[:, :, y : y + h, x : x + w], picture[:, :, rows, columns], depth[:, rows, columns]


def _loss(model, features, picture, depth, coarse: bool, config: DepthTraining):
    import torch

    features = torch.nn.functional.dropout2d(features, config.dropped)
    weights = config.gradient_weight, config.sky_weight, config.row_weight
    if not coarse:
        return depth_loss(model(features, picture), depth, *weights)
    # The cells' middles at twice the patches' grid, of 3.5 pixels of depth each.
    rows = ((np.arange(2 * features.shape[2]) + 0.5) * OUT / 2).astype(int)
    columns = ((np.arange(2 * features.shape[3]) + 0.5) * OUT / 2).astype(int)
    output = model.coarse(model.trunk(features))
    return depth_loss(output, depth[:, rows][:, :, columns], *weights)


def _follow(means: dict, model, decay: float) -> None:
    """Draw the running means of the weights after the weights; with a decay of 0 they are the same."""
    for key, value in model.state_dict().items():
        means[key].lerp_(value.detach(), 1.0 - decay)


def _save(path: Path, model, optimiser, means: dict, step: int, spent: float) -> None:
    import torch
    from safetensors.torch import save_file

    tensors = {f"model.{key}": value for key, value in model.state_dict().items()}
    tensors |= {f"mean.{key}": value for key, value in means.items()}
    for index, values in optimiser.state_dict()["state"].items():
        tensors |= {f"optimiser.{index}.{key}": torch.as_tensor(value) for key, value in values.items()}
    tensors = {key: value.detach().contiguous() for key, value in tensors.items()}
    with whole_file(path) as temporary:
        save_file(tensors, temporary, {"step": str(step), "spent": f"{spent:.1f}"})


def read_state(path: Path) -> tuple[dict[str, dict], dict[str, str]]:
    """Of a run: tensors under `model`, `mean` (of its weights) and `optimiser`, and the record of steps and seconds."""
    from safetensors import safe_open

    tensors: dict[str, dict] = {"model": {}, "mean": {}, "optimiser": {}}
    with safe_open(path, "pt") as file:
        for key in file.keys():  # noqa: SIM118
            kind, name = key.split(".", 1)
            tensors[kind][name] = file.get_tensor(key)
        return tensors, dict(file.metadata() or {})


def read_network(path: Path) -> DepthHead:
    """The network of a run, of its weights' running mean where there is one."""
    tensors, _ = read_state(path)
    weights = tensors["mean"] or tensors["model"]
    attention = {key.split(".")[1] for key in weights if key.startswith("looks.")}
    model = DepthHead(weights["deep1.weight"].shape[0], len(attention))
    model.load_state_dict(weights)
    return model.eval()


def _restore(path: Path, model, optimiser, means: dict) -> tuple[int, float]:
    tensors, record = read_state(path)
    model.load_state_dict(tensors["model"])
    means.update(tensors["mean"] or {key: value.clone() for key, value in tensors["model"].items()})
    state: dict[int, dict] = {}
    for key, value in tensors["optimiser"].items():
        index, name = key.split(".", 1)
        state.setdefault(int(index), {})[name] = value
    optimiser.load_state_dict({"state": state, "param_groups": optimiser.state_dict()["param_groups"]})
    return int(record["step"]), float(record["spent"])


def evaluate(renders: Path, model, which: str, most: int = 200, kind: str = "", scenes: int = 0) -> dict[str, float]:
    """Spearman's correlation of distance on a part's crops (sky is farthest), and the sky's accuracy.

    Beside it that of a guess by the row alone, and the correlation within rows (of those in which distance differs by
    a third at least); means over crops. `kind` is how the crops' names begin; `scenes` takes those with a lower number
    only.
    """
    import torch

    found: list[tuple[float, ...]] = []
    chosen = [name for name in names(renders, which) if name.startswith(kind)]
    chosen = [name for name in chosen if not scenes or int(name.split("-")[1]) < scenes]
    for name in chosen[:: max(1, len(chosen) // most)]:
        features, picture, depth = batch_of(renders, [name], [False])
        with torch.no_grad():
            output = model(features, picture)[0].numpy()
        truth = depth[0].numpy()
        sky = np.isinf(truth)
        if sky.mean() > 0.97:
            continue
        predicted = np.where(output[1] > 0, output[0] + 50.0, output[0])
        rows = np.broadcast_to(-np.arange(truth.shape[0])[:, None], truth.shape)
        far = np.where(sky, 20.0, truth)
        rank = [_rank_correlation(guess[::2, ::2], far[::2, ::2]) for guess in (predicted, rows)]
        uneven = [k for k in range(0, len(far), 6) if np.ptp(far[k]) > 0.3 and np.ptp(predicted[k]) > 0]
        beside = [_rank_correlation(predicted[k], far[k]) for k in uneven]
        found.append((*rank, float(np.mean(beside)) if beside else np.nan, float(((output[1] > 0) == sky).mean())))
    mean = [float(value) for value in np.nanmean(np.array(found), axis=0)]
    keys = "spearman", "row_guess", "within_rows", "sky_accuracy"
    return {"crops": len(found), **dict(zip(keys, mean, strict=True))}


def _rank_correlation(guess: NDArray, truth: NDArray) -> float:
    from scipy.stats import rankdata

    return float(np.corrcoef(rankdata(guess), rankdata(truth))[0, 1])


def read_config(path: Path | None) -> DepthTraining:
    """The configuration of a file, or the shipped one."""
    text = path.read_text() if path else (files("sonovista.heads.configs") / "depth.yaml").read_text()
    return DepthTraining.model_validate(yaml.safe_load(text))


def main() -> None:
    """Compute features, train or evaluate."""
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    features = commands.add_parser("features")
    features.add_argument("renders", type=Path)
    features.add_argument("--wait", type=float, default=5.0, help="seconds without a new crop after which it ends")
    training = commands.add_parser("train")
    training.add_argument("renders", type=Path)
    training.add_argument("output", type=Path)
    training.add_argument("--config", type=Path)
    training.add_argument("--start", type=Path, help="an earlier run whose network to begin with")
    training.add_argument("--looks", type=Path, help="what heads.depth_order wrote of photos with marked points")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    if arguments.command == "features":
        compute_features(arguments.renders, arguments.wait)
    else:
        train(arguments.renders, arguments.output, read_config(arguments.config), arguments.start, arguments.looks)


if __name__ == "__main__":
    main()
