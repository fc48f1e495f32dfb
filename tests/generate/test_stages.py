"""The table of stages: each reads only what ran before it, and a run may end at any of them."""

from pathlib import Path

import numpy as np
import pytest

from sonovista.errors import InputError
from sonovista.generate.backends import choose_backends
from sonovista.generate.checkpoints import Checkpoints
from sonovista.generate.options import CreateOptions
from sonovista.generate.stages import STAGES, TABLE, run_stages
from sonovista.geometry.image_files import Photo

CHOSEN = choose_backends("classical", {})


def picture(height: int, width: int) -> Photo:
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Photo(pixels, None, (width, height), "0" * 64, ())


def test_every_stage_reads_only_what_ran_before_it():
    ready = {"photo"}
    for stage in TABLE:
        assert set(stage.reads) <= ready
        assert (stage.backend or stage.name) in CHOSEN
        ready.add(stage.name)


def test_a_run_ends_at_the_stage_that_is_named(tmp_path: Path):
    checkpoints = Checkpoints(tmp_path)
    run = run_stages(picture(48, 64), CreateOptions(panorama_height=128), CHOSEN, checkpoints, until="regions")
    assert list(run.outputs) == ["calibration", "regions"] == list(checkpoints.records)
    assert run["regions"].segments.shape == (48, 64)


def test_a_panorama_needs_no_calibration_and_is_seen_through_its_middle(tmp_path: Path):
    options = CreateOptions(panorama=True, panorama_height=128)
    run = run_stages(picture(128, 256), options, CHOSEN, Checkpoints(tmp_path), until="calibration")
    assert run["calibration"].pitch == 0.0
    height, width = run.image.shape[:2]
    assert width / height == pytest.approx(4 / 3, rel=0.03)


def test_a_picture_that_is_no_panorama_is_refused(tmp_path: Path):
    with pytest.raises(InputError, match="twice as wide as high"):
        run_stages(picture(128, 128), CreateOptions(panorama=True), CHOSEN, Checkpoints(tmp_path))


def test_an_unknown_stage_is_named(tmp_path: Path):
    with pytest.raises(ValueError, match="lifting"):
        run_stages(picture(48, 64), CreateOptions(), CHOSEN, Checkpoints(tmp_path), until="baking")
    assert STAGES[-1] == "lifting"
