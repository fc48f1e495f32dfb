import contextlib
import json
import multiprocessing
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from learning import tiny_run, tiny_stream

from sonovista.errors import InputError
from sonovista.slfm.checkpoints import Checkpoint, read_checkpoint, write_checkpoint
from sonovista.slfm.config import GeometryOptions
from sonovista.slfm.networks.estimators import MotionModel
from sonovista.slfm.training.batches import ExampleBatches, iterate
from sonovista.slfm.training.console import train_with_progress
from sonovista.slfm.training.loop import BEST, LATEST, Report, Trainer, finished
from sonovista.slfm.training.objectives import audio_share
from sonovista.slfm.training.probes import azimuth_classes, rotation_classes
from sonovista.slfm.training.state import MovingAverage, load_weights
from sonovista.slfm.training.validation import Estimates


def train(folder, run, losses: dict[int, float], stop_after: int | None = None):
    def tell(report: Report) -> None:
        losses[report.step] = report.loss
        if report.step == stop_after:
            raise KeyboardInterrupt

    trainer = Trainer(run, folder, tiny_stream(0), tiny_stream(1), tell)
    with contextlib.suppress(KeyboardInterrupt):
        trainer.fit()
    return trainer


@pytest.mark.parametrize("task", ["geometry", "supervised", "pretext", "probe", "rotnce", "avsa"])
def test_every_task_trains_and_leaves_a_checkpoint(tmp_path, task):
    losses: dict[int, float] = {}
    run = tiny_run(task=task, training={"steps": 2})
    if task == "pretext":
        run = run.model_copy(update={"data": run.data.model_copy(update={"views": tiny_stream().options})})
    train(tmp_path, run, losses)
    assert sorted(losses) == [1, 2]
    assert all(np.isfinite(loss) for loss in losses.values())
    checkpoint = read_checkpoint(tmp_path / LATEST)
    assert checkpoint.run["task"] == task
    assert checkpoint.step == 2
    assert (tmp_path / BEST).exists()


def test_a_killed_run_goes_on_with_the_same_losses(tmp_path):
    whole: dict[int, float] = {}
    train(tmp_path / "whole", tiny_run(training={"steps": 6}), whole)
    parts: dict[int, float] = {}
    # the checkpoint after step 4 is the last one: step 5 is done again
    train(tmp_path / "parts", tiny_run(training={"steps": 6}), parts, stop_after=5)
    first = dict(parts)
    trainer = train(tmp_path / "parts", tiny_run(training={"steps": 6}), parts)
    assert trainer.step == 6
    assert parts == whole
    assert first[5] == parts[5]
    one, other = (read_checkpoint(tmp_path / name / LATEST) for name in ("whole", "parts"))
    assert one.tensors.keys() == other.tensors.keys()
    for name, value in one.tensors.items():
        np.testing.assert_array_equal(value, other.tensors[name], err_msg=name)


def test_a_run_that_is_finished_is_skipped_and_left_as_it_is(tmp_path, capsys):
    run = tiny_run(training={"steps": 2})
    train(tmp_path, run, {})
    before = (tmp_path / LATEST).stat().st_mtime_ns, (tmp_path / LATEST).read_bytes()
    result = train_with_progress(run, tmp_path)
    assert result["steps"] == 2
    assert "loss" in result["validation"]
    assert "finished before" in capsys.readouterr().err
    assert ((tmp_path / LATEST).stat().st_mtime_ns, (tmp_path / LATEST).read_bytes()) == before
    # With other options it is not this run that is finished; cut short it is not finished either.
    assert finished(tiny_run(training={"steps": 3}), tmp_path) is None
    train(tmp_path / "cut", run, {}, stop_after=1)
    assert finished(run, tmp_path / "cut") is None


def test_training_teaches(tmp_path):
    losses: dict[int, float] = {}
    options = {"steps": 60, "batch": 8, "learning_rate": 3e-3, "validate_every": 60, "average": 0.9}
    train(tmp_path, tiny_run(task="supervised", training=options), losses)
    first, last = np.mean([losses[k] for k in range(1, 11)]), np.mean([losses[k] for k in range(51, 61)])
    assert last < 0.85 * first


def test_frozen_encoders_stay_as_they_were(tmp_path):
    run = tiny_run(geometry={"freeze": True}, training={"steps": 2})
    torch.manual_seed(0)
    trainer = Trainer(run, tmp_path, tiny_stream(0), tiny_stream(1))
    before = {name: value.clone() for name, value in trainer.objective.state_dict().items()}
    trainer.fit()
    for name, value in trainer.objective.state_dict().items():
        assert torch.equal(value, before[name]) == ("encoder." in name), name


def test_pretext_features_are_taken_over(tmp_path):
    pretext = tiny_run(task="pretext", training={"steps": 1})
    Trainer(pretext, tmp_path / "pretext", tiny_stream(0), tiny_stream(1)).fit()
    origin = read_checkpoint(tmp_path / "pretext" / LATEST)
    run = tiny_run(start_from=str(tmp_path / "pretext" / LATEST))
    trainer = Trainer(run, tmp_path / "geometry", tiny_stream(0), tiny_stream(1))
    name = "model.audio.encoder.project.0.weight"
    np.testing.assert_array_equal(trainer.objective.state_dict()[name].numpy(), origin.weights[name])


def test_sounds_of_another_run_wait_for_sight(tmp_path):
    first = tiny_run(training={"steps": 1})
    Trainer(first, tmp_path / "first", tiny_stream(0), tiny_stream(1)).fit()
    origin = read_checkpoint(tmp_path / "first" / LATEST)
    geometry = {"sounds_wait": True, "audio_from": 0.9, "audio_full": 1.0, "symmetry_weight": 0.0}
    start = {"start_from": str(tmp_path / "first" / LATEST), "start_parts": [".audio."]}
    run = tiny_run(geometry=geometry, training={"steps": 2, "average": 0.0, "weight_decay": 0.0}, **start)
    trainer = Trainer(run, tmp_path / "second", tiny_stream(0), tiny_stream(1))
    seen = "model.vision.head.layers.0.weight"
    before = trainer.objective.state_dict()[seen].clone()
    trainer.fit()
    name = "model.audio.head.layers.0.weight"
    np.testing.assert_array_equal(trainer.objective.state_dict()[name].numpy(), origin.weights[name])
    assert not torch.equal(trainer.objective.state_dict()[seen], before)


def test_early_stopping(tmp_path):
    run = tiny_run(training={"steps": 200, "validate_every": 1, "patience": 2, "learning_rate": 1e-9, "average": 0.0})
    trainer = Trainer(run, tmp_path, tiny_stream(0), tiny_stream(1))
    trainer.fit()
    assert trainer.step < 200


def test_workers_change_nothing():
    run = tiny_run()
    batches = ExampleBatches(tiny_stream(), run.networks, 2, count=2)
    for alone, helped in zip(iterate(batches), iterate(batches, workers=1), strict=True):
        torch.testing.assert_close(alone.features, helped.features, rtol=0.0, atol=0.0)
        torch.testing.assert_close(alone.images, helped.images, rtol=0.0, atol=0.0)


def test_processes_get_examples_of_their_own():
    run = tiny_run()
    parts = [ExampleBatches(tiny_stream(), run.networks, 1, 0, 2, rank, 2) for rank in (0, 1)]
    azimuths = {float(part[number].azimuths[0, 0]) for part in parts for number in (0, 1)}
    assert len(azimuths) == 4


def _one_of_two(rank: int, folder: str, port: int) -> None:
    os.environ |= {"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1"}
    os.environ |= {"MASTER_PORT": str(port), "ACCELERATE_USE_CPU": "true"}
    torch.set_num_threads(1)
    trainer = Trainer(tiny_run(training={"steps": 3}), folder, tiny_stream(0), tiny_stream(1))
    trainer.fit()
    assert trainer.accelerator.num_processes == 2
    weights = {name: value.double().sum().item() for name, value in trainer.objective.named_parameters()}
    Path(folder, f"weights-{rank}.json").write_text(json.dumps(weights))


def test_two_processes_hold_the_same_weights(tmp_path):
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_one_of_two, args=(rank, str(tmp_path), port)) for rank in (0, 1)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(180)
    assert [process.exitcode for process in processes] == [0, 0]
    one, other = (json.loads((tmp_path / f"weights-{rank}.json").read_text()) for rank in (0, 1))
    assert one == pytest.approx(other)
    assert read_checkpoint(tmp_path / LATEST).step == 3


def test_a_checkpoint_comes_back_and_others_are_refused(tmp_path):
    path = tmp_path / "a.safetensors"
    write_checkpoint(path, Checkpoint({"name": "x"}, {"model/w": np.arange(6.0).reshape(2, 3)}, 7, 1.5, -1))
    back = read_checkpoint(path)
    assert (back.run, back.step, back.seconds, back.mirror_sign) == ({"name": "x"}, 7, 1.5, -1)
    np.testing.assert_array_equal(back.weights["w"], np.arange(6.0).reshape(2, 3))
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(InputError, match=r"a\.safetensors: expected a safetensors file"):
        read_checkpoint(path)
    with pytest.raises(InputError, match="cannot be read"):
        read_checkpoint(tmp_path / "none.safetensors")
    with pytest.raises(InputError, match="networks"):
        load_weights(MotionModel(tiny_run().networks), {"w": np.zeros(3)}, "a checkpoint")


def test_the_average_follows_the_weights():
    module = torch.nn.Linear(2, 2)
    average = MovingAverage(module, 0.5)
    before = average.values["weight"].clone()
    with torch.no_grad():
        module.weight += 1.0
    average.update(module, 1000)
    torch.testing.assert_close(average.values["weight"], before + 0.5)


def test_the_geometry_reaches_sounds_by_and_by():
    options = GeometryOptions(audio_from=0.2, audio_full=0.4)
    assert [audio_share(options, p) for p in (0.0, 0.1, 0.3, 0.4, 1.0)] == pytest.approx([0.0, 0.0, 0.5, 1.0, 1.0])


def test_bins_of_angles():
    azimuths = torch.deg2rad(torch.tensor([-89.9, -0.1, 0.1, 89.9, 91.0]))
    assert azimuth_classes(azimuths, 64).tolist() == [0, 31, 32, 63, 63]
    rotations = torch.deg2rad(torch.tensor([-90.0, -10.0, 10.0, 90.0]))
    assert rotation_classes(rotations, 64, np.radians(10.0), np.radians(90.0)).tolist() == [0, 31, 32, 63]


def test_the_mirror_is_settled_by_the_first_pairs():
    truth = np.linspace(-1.0, 1.0, 40)
    mirrored = Estimates(np.zeros(40), np.zeros(40), -truth, truth)
    assert mirrored.mirror_sign() == -1
    assert mirrored.errors_deg(-1)[1].max() < 1e-9
    assert Estimates(np.zeros(40), np.zeros(40), truth, truth).mirror_sign() == 1
