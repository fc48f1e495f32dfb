"""A training run as a YAML file: data, networks, objective, optimisation; nothing here needs torch."""

import os
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sonovista.errors import InputError
from sonovista.slfm.options import SIZES, NetworkOptions
from sonovista.slfm.streams.procedural import ViewOptions

Task = Literal["geometry", "pretext", "supervised", "probe", "rotnce", "avsa", "stereocrw", "monoclr"]


class _Options(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SplitOptions(_Options):
    """Where the examples of one split come from.

    `folder` reads HM3D-SS folders or the simulator's shards; otherwise examples are made on the fly from `panoramas`.
    """

    folder: str | tuple[str, ...] | None = Field(
        default=None, description="Of stored examples; without pictures also several, each with its table of rotations."
    )
    panoramas: str | None = Field(default=None, description="Folder of equirectangular pictures.")
    pictures: bool = Field(default=True, description="False: of stored examples only sounds are read.")
    rotations: str | tuple[str, ...] | None = Field(
        default=None,
        description="Without pictures: table of rotations estimated beforehand; made first where it is not complete.",
    )
    sure: float = Field(default=0.9, ge=0.0, le=1.0, description="Least confidence of a rotation that is used.")
    other_rooms: float = Field(
        default=0.0,
        ge=0.0,
        le=1.0,
        description="Without pictures: share of examples whose reverberation is changed.",
    )
    sounds: str | tuple[str, ...] | None = Field(
        default=None, description="Folder of clean sounds, or several that are drawn from evenly; null takes noise."
    )
    vary_sounds: bool = Field(
        default=False, description="Speed and colour of the sounds change, and some are laid over others."
    )
    narrow_sounds: float = Field(
        default=0.0, ge=0.0, le=1.0, description="Share of varied sounds that are cut to a band or a few partials."
    )
    heads: tuple[str, ...] = Field(
        default=("sphere:0.0875:100",), description="kemar, SOFA files, or sphere:RADIUS_M:EAR_AZIMUTH_DEG."
    )
    places: int = Field(default=2000, ge=1, description="Rooms to listen in.")
    first_place: int = Field(default=0, ge=0, description="Number of the first; splits must not share any.")
    rt60: tuple[float, float] = Field(default=(0.1, 0.5), description="Seconds.")
    views: dict[str, Any] = Field(default_factory=dict, description="What differs from the run's `views`.")
    kept: int = Field(
        default=256, ge=1, description="Stored examples kept in memory by each process (1 MB each in SonoRooms-1)."
    )
    seed: int = 0


class DataOptions(_Options):
    """Splits. The test split is read by `sonovista evaluate slfm` alone, never by training."""

    train: SplitOptions = SplitOptions()
    validation: SplitOptions = SplitOptions(seed=1, first_place=1_000_000, places=200)
    test: SplitOptions = SplitOptions(seed=2, first_place=2_000_000, places=400)
    views: ViewOptions = ViewOptions()


class GeometryOptions(_Options):
    """The three losses of section 3.2, and what makes them train from scratch."""

    geometric_weight: float = Field(default=5.0, ge=0.0)
    binaural_weight: float = Field(default=1.0, ge=0.0)
    binaural_weight_end: float | None = Field(
        default=None, ge=0.0, description="Reached at half of training; null: constant."
    )
    symmetry_weight: float = Field(default=1.0, ge=0.0)
    spread_weight: float = Field(default=0.0, ge=0.0, description="Of the guard against shrinking angles.")
    reflection: Literal["none", "pair", "joint"] = "pair"
    every_pair: bool = Field(default=False, description="All pairs of views, or the first with each other.")
    freeze: bool = Field(default=False, description="Keep encoders as they were loaded; train the heads.")
    ground_truth_rotation: bool = False
    table_rotation: bool = Field(
        default=False, description="Rotations are those of the split's table; sound alone is trained."
    )
    residual: Literal["cosine", "chord"] = Field(
        default="cosine", description="Disagreement of a pair: the paper's, like the squared angle, or like the angle."
    )
    audio_from: float = Field(
        default=0.0, ge=0.0, le=1.0, description="Part of training before the geometry moves sounds."
    )
    sounds_wait: bool = Field(default=False, description="Before `audio_from` sound is not trained at all.")
    audio_full: float = Field(default=0.0, ge=0.0, le=1.0, description="Part of training at which it does so fully.")


class PretextOptions(_Options):
    """Cross-view binauralization."""

    target: Literal["mono_to_binaural", "left_to_right"] = "mono_to_binaural"
    vision: bool = True
    source_audio: bool = True
    ground_truth_rotation: bool = False
    weight: float = Field(default=10.0, gt=0.0)


class ProbeOptions(_Options):
    """Linear classification of frozen features."""

    modality: Literal["audio", "vision"] = "audio"
    classes: int = Field(default=64, ge=2, le=720)


class TrainingOptions(_Options):
    """Optimisation."""

    steps: int = Field(default=20_000, ge=1)
    batch: int = Field(default=96, ge=1)
    learning_rate: float = Field(default=1e-4, gt=0.0)
    warm_up: int = Field(default=0, ge=0, description="Steps.")
    weight_decay: float = Field(default=0.01, ge=0.0)
    clip: float = Field(default=1.0, gt=0.0, description="Largest norm of the gradient.")
    precision: Literal["auto", "no", "bf16", "fp16"] = Field(
        default="auto", description="auto: bf16 on a GPU, full on a processor, most of which are slow at halves."
    )
    average: float = Field(
        default=0.999, ge=0.0, lt=1.0, description="Decay of the moving average of the weights; 0: none."
    )
    workers: int = Field(default=0, ge=0, le=64, description="Processes that make examples.")
    threads: int | None = Field(default=None, ge=1, description="Of torch; null leaves them.")
    validate_every: int = Field(default=1000, ge=1)
    validation_examples: int = Field(default=192, ge=1)
    patience: int | None = Field(default=None, ge=1, description="Validations without a better loss before it stops.")
    checkpoint_minutes: float = Field(default=5.0, gt=0.0)
    minutes: float | None = Field(
        default=None,
        gt=0.0,
        description="Of training, all runs of it together; the schedules then follow time, not steps.",
    )
    tensorboard: bool = False
    seed: int = 0


class TrainingRun(_Options):
    """A whole run."""

    name: str = Field(pattern=r"^[A-Za-z0-9._-]+$")
    task: Task = "geometry"
    size: Literal["paper", "small", "ablation"] = "small"
    networks: NetworkOptions = NetworkOptions()
    data: DataOptions = DataOptions()
    geometry: GeometryOptions = GeometryOptions()
    pretext: PretextOptions = PretextOptions()
    probe: ProbeOptions = ProbeOptions()
    training: TrainingOptions = TrainingOptions()
    start_from: str | None = Field(
        default=None, description="A checkpoint to load encoders from first; shipped: the package's."
    )
    start_parts: tuple[str, ...] = Field(
        default=("encoder.",), description="What is loaded of it: weights whose names contain one of these."
    )


def read_run(path: str | Path, changes: tuple[str, ...] = ()) -> TrainingRun:
    """Read a run; the networks of its `size` are the defaults that its `networks` change.

    Args:
        path: of the YAML file.
        changes: `key=value` with dots between keys, values in YAML: `training.steps=100`.

    Raises:
        InputError: the file or a change is not what it should be; the message names the field.
    """
    path = Path(path)
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(
            f"{path}: expected YAML, found what cannot be read as it: {str(error).splitlines()[0]}"
        ) from None
    if not isinstance(document, dict):
        raise InputError(f"{path}: expected a table of options, found {type(document).__name__}")
    for change in changes:
        _apply(document, change)
    return run_from(document, str(path))


def run_from(document: dict[str, Any], origin: str, *, find_data: bool = True) -> TrainingRun:
    """Check a run given as plain data; `origin` names it in errors.

    Where `find_data` is False the environment variables in it stay as they are: a network is read without its data.
    """
    size = document.get("size", "small")
    if size in SIZES:
        base = SIZES[size].model_dump()
        document = document | {"networks": _merged(base, document.get("networks") or {})}
    if find_data:
        document = _expanded(document, origin)
    try:
        return TrainingRun.model_validate(document)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise InputError(f"{origin}: {field or 'options'}: {first['msg']}, found {first.get('input')!r:.80}") from None


def _apply(document: dict[str, Any], change: str) -> None:
    key, separator, value = change.partition("=")
    if not separator or not key:
        raise InputError(f"--set: expected key=value, found {change!r}")
    *parents, last = key.split(".")
    table = document
    for parent in parents:
        table = table.setdefault(parent, {})
        if not isinstance(table, dict):
            raise InputError(f"--set: {key}: {parent} is no table of options")
    try:
        table[last] = yaml.safe_load(value)
    except yaml.YAMLError:
        raise InputError(f"--set: {key}: expected a value in YAML, found {value!r}") from None


def _merged(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    out = dict(base)
    for key, value in changes.items():
        out[key] = _merged(base[key], value) if isinstance(value, dict) and isinstance(base.get(key), dict) else value
    return out


def _expanded(value: Any, origin: str) -> Any:
    """Environment variables, `${NAME}`, in all texts: where data is differs from machine to machine."""
    if isinstance(value, dict):
        return {key: _expanded(item, origin) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_expanded(item, origin) for item in value]
    if not isinstance(value, str) or "${" not in value:
        return value
    expanded = os.path.expandvars(value)
    if "${" in expanded:
        name = expanded.split("${", 1)[1].split("}", 1)[0]
        raise InputError(f"{origin}: expected the environment variable {name} ({value}), found none")
    return expanded
