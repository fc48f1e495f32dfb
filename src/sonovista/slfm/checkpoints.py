"""Checkpoints: one safetensors file with weights, the state of training and the run's options; never pickled."""

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonovista.errors import BackendUnavailable, InputError
from sonovista.whole_files import whole_file

FORMAT = "sonovista-slfm-1"
SHIPPED = "shipped"
MOST_BYTES = 4 << 30


@dataclass
class Checkpoint:
    """All that a run needs to go on, or to be used.

    Attributes:
        run: the run's options, plain data.
        tensors: by name; `model/...` the weights, `average/...` their moving average, `optimizer/...` its state.
        step: batches that were trained on.
        seconds: of training, all runs together.
        mirror_sign: 1 or -1, what rotations are multiplied by; None where it has not been settled.
        history: one entry for each validation.
        facts: whatever else is said of it.
    """

    run: dict[str, Any]
    tensors: dict[str, NDArray[Any]]
    step: int = 0
    seconds: float = 0.0
    mirror_sign: int | None = None
    history: list[dict[str, float]] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)

    def part(self, prefix: str) -> dict[str, NDArray[Any]]:
        """Tensors whose names begin with `prefix/`, without it."""
        start = prefix + "/"
        return {name[len(start) :]: value for name, value in self.tensors.items() if name.startswith(start)}

    @property
    def weights(self) -> dict[str, NDArray[Any]]:
        """The moving average where there is one, or the weights."""
        return self.part("average") or self.part("model")


def write_checkpoint(path: str | Path, checkpoint: Checkpoint) -> None:
    """Write under a temporary name and rename, so that a kill leaves the last whole one.

    Raises:
        InputError: the file cannot be written.
        BackendUnavailable: safetensors is not installed.
    """
    path = Path(path)
    facts = {
        "run": checkpoint.run,
        "step": checkpoint.step,
        "seconds": checkpoint.seconds,
        "mirror_sign": checkpoint.mirror_sign,
        "history": checkpoint.history,
        "facts": checkpoint.facts,
    }
    data = _safetensors().save(
        {name: np.asarray(value, order="C") for name, value in checkpoint.tensors.items()},
        metadata={"format": FORMAT, "sonovista": json.dumps(facts)},
    )
    with whole_file(path, to_disk=True) as temporary:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(data)


def write_mean(first: str | Path, second: str | Path, path: str | Path, share: float = 0.5) -> None:
    """Write the mean of the weights of two checkpoints, of which one started from the other.

    Args:
        first: checkpoint that the second one started from.
        second: its options, history and sign are kept.
        path: where it is written.
        share: of the second one's weights, 0 to 1; whole numbers (counts) are the second one's.

    Raises:
        InputError: they are not of the same networks.
    """
    one, other = read_checkpoint(first), read_checkpoint(second)
    if {k: v.shape for k, v in one.tensors.items()} != {k: v.shape for k, v in other.tensors.items()}:
        raise InputError(f"{second}: expected the networks of {first}, found others")
    mean = dict(other.tensors)
    for name, value in other.tensors.items():
        if value.dtype.kind == "f":
            mean[name] = ((1.0 - share) * one.tensors[name] + share * value).astype(value.dtype)
    facts = {**other.facts, "weights": f"{share:g} of the run, {1.0 - share:g} of {Path(first).stem}"}
    write_checkpoint(path, replace(other, tensors=mean, facts=facts))


def shipped() -> Path:
    """The checkpoint that comes with the package."""
    return next((Path(__file__).parent / "data").glob("*.safetensors"))


def read_checkpoint(path: str | Path) -> Checkpoint:
    """Read a checkpoint.

    Raises:
        InputError: the file is missing, damaged, or is no checkpoint of ours.
        BackendUnavailable: safetensors is not installed.
    """
    path = Path(path)
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InputError(f"{path}: expected at most {MOST_BYTES >> 30} GiB, found {path.stat().st_size} bytes")
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None
    library = _safetensors()
    try:
        tensors = library.load(data)
        length = int.from_bytes(data[:8], "little")
        metadata = json.loads(data[8 : 8 + length]).get("__metadata__", {})
    except Exception:
        raise InputError(f"{path}: expected a safetensors file, found what cannot be read as one") from None
    if metadata.get("format") != FORMAT:
        raise InputError(f"{path}: expected a checkpoint of {FORMAT}, found {metadata.get('format')!r}")
    facts = json.loads(metadata["sonovista"])
    return Checkpoint(
        facts["run"],
        tensors,
        int(facts["step"]),
        float(facts["seconds"]),
        facts["mirror_sign"],
        facts["history"],
        facts.get("facts", {}),
    )


def _safetensors() -> Any:
    try:
        import safetensors.numpy
    except ImportError:
        raise BackendUnavailable("checkpoints need safetensors: pip install 'sonovista[train]'") from None
    return safetensors.numpy
