"""Training of the depth head, by one command and one configuration: features once, then epochs that can be resumed.

Run: python -m sonovista.heads.depth_training features RENDERS
     python -m sonovista.heads.depth_training train RENDERS OUTPUT [--config FILE]
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

from sonovista.heads.depth_network import LAYERS, OUT, DepthHead, depth_loss
from sonovista.whole_files import whole_file

ROWS, COLUMNS = 21, 28


class DepthTraining(BaseModel):
    """How the depth head is trained."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    width: int = Field(default=64, ge=16, le=256, description="Channels on the patches' grid.")
    minutes: float = Field(default=20.0, gt=0.0, description="The learning rate falls to nothing over this time.")
    batch: int = Field(default=6, ge=1)
    learning_rate: float = Field(default=2e-3, gt=0.0)
    weight_decay: float = Field(default=1e-2, ge=0.0)
    gradient_weight: float = Field(default=0.5, ge=0.0)
    sky_weight: float = Field(default=0.6, ge=0.0)
    coarse_share: float = Field(
        default=0.6, ge=0.0, le=1.0, description="Of the time, trained without the picture: twice the patches' grid."
    )
    coarse_batch: int = Field(default=10, ge=1)
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


def read_crop(renders: Path, name: str, flip: bool) -> tuple[NDArray, NDArray, NDArray]:
    """Features `(3 * 384, rows, columns)`, the picture at half size less 0.5 `(3, h, w)`, log metres `(h, w)`."""
    features = np.load(renders / f"{name}.features.npy").reshape(-1, ROWS, COLUMNS)
    picture = np.asarray(cv2.imread(str(renders / f"{name}.jpg")))
    small = cv2.resize(picture, (COLUMNS * OUT, ROWS * OUT), interpolation=cv2.INTER_AREA)[..., ::-1]
    rgb = small.transpose(2, 0, 1).astype(np.float32) / 255.0 - 0.5
    depth = np.load(renders / f"{name}.npy").astype(np.float32)
    if flip:
        # The backbone is nearly but not wholly equivariant to flips; its flipped features serve as augmentation.
        return features[..., ::-1].astype(np.float32), rgb[..., ::-1].copy(), depth[:, ::-1].copy()
    return features.astype(np.float32), rgb, depth


def batch_of(renders: Path, chosen: list[str], flips: list[bool]):
    """Three tensors of some crops."""
    import torch

    crops = [read_crop(renders, name, flip) for name, flip in zip(chosen, flips, strict=True)]
    return tuple(torch.from_numpy(np.ascontiguousarray(np.stack(arrays))) for arrays in zip(*crops, strict=True))


def train(renders: Path, output: Path, config: DepthTraining) -> None:
    """Train until the time is up; what is in `output` is gone on from."""
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(config.seed)
    output.mkdir(parents=True, exist_ok=True)
    model = DepthHead(config.width)
    optimiser = torch.optim.AdamW(model.parameters(), config.learning_rate, weight_decay=config.weight_decay)
    step, spent = 0, 0.0
    state_path = output / "state.safetensors"
    if state_path.exists():
        step, spent = _restore(state_path, model, optimiser)
    began, saved = time.monotonic() - spent, time.monotonic()
    rng = np.random.default_rng([config.seed, step])
    order: list[str] = []
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
        features, picture, depth = batch_of(renders, chosen, [bool(f) for f in rng.random(len(chosen)) < 0.5])
        progress = elapsed / (60.0 * config.minutes)
        for group in optimiser.param_groups:
            group["lr"] = config.learning_rate * min(1.0, (step + 1) / 60.0) * 0.5 * float(1 + np.cos(np.pi * progress))
        loss = _loss(model, features, picture, depth, coarse, config)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        step += 1
        running.append(float(loss.detach()))
        if time.monotonic() - saved > 45.0:
            _save(state_path, model, optimiser, step, time.monotonic() - began)
            saved = time.monotonic()
            print(f"{step} steps, {elapsed:.0f} s, {len(order)} left, loss {np.mean(running):.4f}", flush=True)
            running = []
    _save(state_path, model, optimiser, step, time.monotonic() - began)
    print(json.dumps(evaluate(renders, model, "validation")), flush=True)


def _loss(model, features, picture, depth, coarse: bool, config: DepthTraining):
    if not coarse:
        return depth_loss(model(features, picture), depth, config.gradient_weight, config.sky_weight)
    # The cells' middles at twice the patches' grid, of 3.5 pixels of depth each.
    rows = ((np.arange(2 * ROWS) + 0.5) * OUT / 2).astype(int)
    columns = ((np.arange(2 * COLUMNS) + 0.5) * OUT / 2).astype(int)
    output = model.coarse(model.trunk(features))
    return depth_loss(output, depth[:, rows][:, :, columns], config.gradient_weight, config.sky_weight)


def _save(path: Path, model, optimiser, step: int, spent: float) -> None:
    import torch
    from safetensors.torch import save_file

    tensors = {f"model.{key}": value for key, value in model.state_dict().items()}
    for index, values in optimiser.state_dict()["state"].items():
        tensors |= {f"optimiser.{index}.{key}": torch.as_tensor(value) for key, value in values.items()}
    tensors = {key: value.detach().contiguous() for key, value in tensors.items()}
    with whole_file(path) as temporary:
        save_file(tensors, temporary, {"step": str(step), "spent": f"{spent:.1f}"})


def read_state(path: Path) -> tuple[dict, dict, dict[str, str]]:
    """Of a run: the network's tensors, the optimiser's, and the record of steps and seconds spent."""
    from safetensors import safe_open

    with safe_open(path, "pt") as file:
        tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
        record = dict(file.metadata() or {})
    model = {key.removeprefix("model."): value for key, value in tensors.items() if key.startswith("model.")}
    optimiser = {key.removeprefix("optimiser."): v for key, v in tensors.items() if key.startswith("optimiser.")}
    return model, optimiser, record


def _restore(path: Path, model, optimiser) -> tuple[int, float]:
    tensors, moments, record = read_state(path)
    model.load_state_dict(tensors)
    state: dict[int, dict] = {}
    for key, value in moments.items():
        index, name = key.split(".", 1)
        state.setdefault(int(index), {})[name] = value
    optimiser.load_state_dict({"state": state, "param_groups": optimiser.state_dict()["param_groups"]})
    return int(record["step"]), float(record["spent"])


def evaluate(renders: Path, model, which: str, most: int = 200, kind: str = "") -> dict[str, float]:
    """Spearman's correlation of distance on a part's crops (sky is farthest), and the sky's accuracy.

    Beside it that of a guess by the row alone; means over crops. `kind` is how the crops' names begin.
    """
    import torch
    from scipy.stats import rankdata

    found: list[tuple[float, float, float]] = []
    chosen = [name for name in names(renders, which) if name.startswith(kind)]
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
        rank = [
            float(np.corrcoef(rankdata(guess[::2, ::2]), rankdata(far[::2, ::2]))[0, 1]) for guess in (predicted, rows)
        ]
        found.append((rank[0], rank[1], float(((output[1] > 0) == sky).mean())))
    mean = np.nanmean(np.array(found), axis=0)
    return {"crops": len(found), "spearman": mean[0], "row_guess": mean[1], "sky_accuracy": mean[2]}


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
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    if arguments.command == "features":
        compute_features(arguments.renders, arguments.wait)
    else:
        train(arguments.renders, arguments.output, read_config(arguments.config))


if __name__ == "__main__":
    main()
