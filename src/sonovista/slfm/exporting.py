"""A checkpoint -> what `localize`, `rotation` and `track` use: two ONNX graphs and a table of facts."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from sonovista.errors import BackendUnavailable, InputError
from sonovista.slfm.calibration import Logistic
from sonovista.slfm.camera_rotation import ROTATION_EVIDENCE
from sonovista.slfm.checkpoints import Checkpoint, read_checkpoint
from sonovista.slfm.config import TrainingRun, run_from
from sonovista.slfm.doubt import Doubt
from sonovista.slfm.features.spatial import frames_of
from sonovista.slfm.networks.estimators import MotionModel
from sonovista.slfm.runtime import FORMAT
from sonovista.slfm.sound_evidence import SOUND_EVIDENCE

SOUND, ROTATION, FACTS = "sound.onnx", "rotation.onnx", "model.json"
OPSET = 18


def load_objective(checkpoint: Checkpoint, origin: str = "checkpoint") -> tuple[Any, TrainingRun]:
    """The networks of a run of any task, with their objective, in evaluation mode."""
    from sonovista.slfm.training.build import build_objective
    from sonovista.slfm.training.state import load_weights

    run = run_from(checkpoint.run, origin, find_data=False)
    objective = build_objective(run)
    load_weights(objective, checkpoint.weights, origin)
    return objective.eval(), run


def load_estimators(checkpoint: Checkpoint, origin: str = "checkpoint") -> tuple[MotionModel, TrainingRun]:
    """The estimators of a geometry or supervised run, in evaluation mode.

    Raises:
        InputError: the checkpoint is of another kind of run.
    """
    from sonovista.slfm.training.build import evaluated_model

    objective, run = load_objective(checkpoint, origin)
    model = evaluated_model(objective)
    if model is None:
        raise InputError(f"{origin}: expected a checkpoint of a geometry or supervised run, found one of {run.task!r}")
    return model.eval(), run


def export(checkpoint_path: str | Path, folder: str | Path, card: dict[str, Any] | None = None) -> Path:
    """Write ONNX graphs, and check that they compute what torch does. Batches and, of sounds, lengths are free.

    Args:
        checkpoint_path: of a geometry or supervised run.
        folder: is made.
        card: what else is said of the model in its facts.

    Returns:
        The folder.

    Raises:
        InputError: no such checkpoint, or of another kind.
        BackendUnavailable: a library is missing.
        RuntimeError: the graphs do not agree with torch.
    """
    checkpoint = read_checkpoint(checkpoint_path)
    model, run = load_estimators(checkpoint, str(checkpoint_path))
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    import torch

    from sonovista.slfm.networks.estimators import SoundWithEmbedding

    audio, vision = run.networks.audio, run.networks.vision
    shape = (4, 40, frames_of(round(16_000 * audio.seconds))) if audio.features == "spatial" else (4, 256, 256)
    generator = torch.Generator().manual_seed(0)
    sound = torch.randn(3, *shape, generator=generator)
    pictures = torch.randn(2, 3, 3, vision.image_height, vision.image_width, generator=generator)
    hearing = SoundWithEmbedding(model.audio).eval()
    _write_graph(hearing, (sound,), ["features"], ["angle", "embedding"], folder / SOUND, {3: "frames"})
    _write_graph(model.vision, (pictures[0], pictures[1]), ["first", "second"], ["angle"], folder / ROTATION, {})
    width = hearing(sound)[1].shape[1]
    facts = {
        "format": FORMAT,
        "name": run.name,
        "audio": audio.model_dump(),
        "any_length": audio.features == "spatial",
        "vision": vision.model_dump(),
        "mirror_sign": checkpoint.mirror_sign or 1,
        "confidence": {
            "sound": Logistic.unknown(SOUND_EVIDENCE).as_list(),
            "rotation": Logistic.unknown(ROTATION_EVIDENCE).as_list(),
        },
        "doubt": Doubt.unknown(width).as_dict(),
        "steps": checkpoint.step,
        "training_seconds": round(checkpoint.seconds),
        "card": card or {},
    }
    (folder / FACTS).write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    _check_parity(model, sound, pictures, folder)
    return folder


def _write_graph(
    module: Any, inputs: tuple[Any, ...], names: list[str], outputs: list[str], path: Path, axes: dict[int, str]
) -> None:
    import torch

    try:
        import onnx  # noqa: F401 - torch needs it, and says so less clearly
    except ImportError:
        raise BackendUnavailable("export needs onnx: pip install 'sonovista[train]'") from None
    with torch.no_grad():
        torch.onnx.export(
            module,
            inputs,
            str(path),
            input_names=names,
            output_names=outputs,
            dynamic_axes={name: {0: "batch"} | axes for name in names} | {name: {0: "batch"} for name in outputs},
            opset_version=OPSET,
            dynamo=False,
        )


def _check_parity(model: MotionModel, sound: Any, pictures: Any, folder: Path) -> None:
    import torch

    from sonovista.slfm.runtime import MotionNetworks

    networks = MotionNetworks(folder)
    with torch.no_grad():
        longer = torch.cat([sound, sound.flip(-1), sound[..., :7]], dim=-1)
        expected = [model.audio(each).numpy() for each in (sound, longer)]
        expected.append(model.vision(pictures[0], pictures[1]).numpy())
    found = [networks.sound(each.numpy()) for each in (sound, longer)]
    found.append(networks.rotation(pictures[0].numpy(), pictures[1].numpy()) * networks.facts["mirror_sign"])
    difference = max(float(np.abs(a - b).max()) for a, b in zip(expected, found, strict=True))
    if difference > 1e-4:
        raise RuntimeError(f"the exported graphs differ from torch by {difference:.2g} radians")
