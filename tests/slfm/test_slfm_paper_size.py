"""The networks at the paper's size: that they train, and what a step costs."""

import time

import numpy as np
import pytest
from learning import tiny_head, tiny_panoramas

from sonovista.slfm.config import run_from
from sonovista.slfm.streams.procedural import ProceduralStream, ViewOptions
from sonovista.slfm.streams.sounds import Noise
from sonovista.slfm.training.loop import Report, Trainer


@pytest.mark.slow
@pytest.mark.parametrize("task", ["geometry", "pretext"])
def test_the_papers_size_trains_for_twenty_steps(tmp_path, task, record_property):
    views = ViewOptions(width=320, height=240, seconds=2.55, largest_rotation_deg=50)
    training = {"steps": 20, "batch": 2, "validate_every": 20, "validation_examples": 2, "learning_rate": 1e-4}
    run = run_from({"name": "paper", "task": task, "size": "paper", "training": training}, "paper")
    train, held_out = (ProceduralStream(tiny_panoramas(), Noise(), [tiny_head()], views, s, 10) for s in (0, 1))
    losses: list[float] = []

    def tell(report: Report) -> None:
        losses.append(report.loss)

    trainer = Trainer(run, tmp_path, train, held_out, tell)
    begun = time.perf_counter()
    trainer.fit()
    record_property("seconds_per_example", (time.perf_counter() - begun) / 40)
    assert len(losses) == 20
    assert np.isfinite(losses).all()
